"""libzmq's own programs, as its build makes them."""

from ..row import KB, LESS, MORE, Metric, Row, size_name
from .throughput import INPROC_COUNTS, SIZES, TARGETS, TCP_COUNTS

LATENCY_TARGETS = {"tcp": 6, "ipc": 6, "inproc": 15}


def row(name, command, count, metric, size, remote=(), bench=True):
    """A row; what is in the document is in `bench`."""
    return Row(name=f"upstream/{name}", command=command, remote=remote, count=count,
               metrics=(metric,), cpu="cpu_ns_per_msg", upstream=True, count_calls=False,
               groups=frozenset(("upstream", "bench") if bench else ("upstream",)),
               family=f"upstream/{name.rsplit('/', 1)[0]}", size=size)


def rows():
    """All of them. They use zmq_msg_*, so the targets are those of that API."""
    for transport in ("tcp", "ipc"):
        targets = TARGETS[("tcp", "msg")] if transport == "tcp" else {}
        for size in SIZES:
            arguments = ("{endpoint}", str(size), "{count}")
            yield row(f"thr/{transport}/{size_name(size)}", ("local_thr",) + arguments,
                      TCP_COUNTS[size],
                      Metric("msgs_per_s", "msg/s", MORE, targets.get(size, 1)), size,
                      ("remote_thr",) + arguments, bench=transport == "tcp" or size in (64, KB))
        arguments = ("{endpoint}", "64", "{count}")
        yield row(f"lat/{transport}/64B", ("local_lat",) + arguments, 5_000,
                  Metric("lat_mean_us", "us", LESS, LATENCY_TARGETS[transport]), 64,
                  ("remote_lat",) + arguments)
    for size in SIZES:
        yield row(f"thr/inproc/{size_name(size)}", ("inproc_thr", str(size), "{count}"),
                  INPROC_COUNTS[size], Metric("msgs_per_s", "msg/s", MORE, 1), size,
                  bench=size in (64, KB, 64 * KB))
    yield row("lat/inproc/64B", ("inproc_lat", "64", "{count}"), 20_000,
              Metric("lat_mean_us", "us", LESS, LATENCY_TARGETS["inproc"]), 64)
    yield row("proxy/64B", ("proxy_thr", "64", "{count}"), 1_000_000,
              Metric("msgs_per_s", "msg/s", MORE, 3), 64)

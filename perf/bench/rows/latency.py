"""A request and its answer, in all circumstances."""

from ..row import KB, LESS, MB, Metric, Row, groups

# Milliseconds between two requests, and how many there are. At these rates the CPU time of a request
# counts as much as its latency.
PAUSES = ((0.1, 3_000), (1, 500), (10, 60), (100, 10), (1000, 3))
# Messages sent back to back, milliseconds of pause before them, rounds.
BURSTS = ((2, 1, 500), (100, 1, 300), (1000, 10, 50))
# A second message that waited for a timer of the library's, or for the first to be acknowledged, would
# come later than that after the first; one that costs a wake-up of its own does not.
GAP_LIMIT_US = 60


def latencies(p50, p99=None, prefix="lat"):
    """p50 and p99 with their targets."""
    return (Metric(f"{prefix}_p50_us", "us", LESS, p50),
            Metric(f"{prefix}_p99_us", "us", LESS, p99, floor=1.0 if p99 else None))


def row(name, transport, count, metrics, *arguments, group="targets", main=False, size=64, **more):
    """A row of lat_bench."""
    return Row(
        name=f"lat/{name}",
        command=("lat_bench", "-t", transport, "-s", str(size), "-n", "{count}") + arguments,
        count=count,
        metrics=metrics,
        cpu="cpu_ns_per_round",
        groups=groups(group, main and "main"),
        **more)


def back_to_back():
    """The next request when the answer is there."""
    for transport in ("tcp", "ipc"):
        yield row(f"{transport}/64B", transport, 10_000, latencies(6, 2), main=True)
    yield row("inproc/64B", "inproc", 20_000, latencies(15), main=True)
    yield row("tcp/64B/msg", "tcp", 5_000, latencies(6, 2), "--api", "msg")
    yield row("tcp/64B/poll", "tcp", 5_000, latencies(1), "--poll", group="more")
    yield row("tcp/8KB", "tcp", 4_000, latencies(1), size=8 * KB, group="more")
    yield row("tcp/1MB", "tcp", 300, latencies(1), size=MB, group="more")
    for transport in ("tcp", "ipc"):
        yield row(f"{transport}/64B/one-core", transport, 15_000, latencies(2.2), one_core=True)
    yield row("inproc/64B/one-core", "inproc", 30_000, latencies(2), one_core=True)
    for transport, count in (("tcp", 2_000), ("ipc", 2_000), ("inproc", 4_000)):
        yield row(f"{transport}/64B/busy", transport, count, latencies(1.3), busy=True,
                  count_calls=False)


def spaced():
    """Messages with pauses between them, in bursts, or first on a connection."""
    for pause, count in PAUSES:
        yield row(f"tcp/64B/pause-{pause}ms", "tcp", count, latencies(1), "--pause-ms", str(pause),
                  "--warm-up", "3", cpu_target=1.0, group="more", count_calls=pause <= 10)
    for burst, pause, count in BURSTS:
        metrics = latencies(1, prefix="round")
        if burst == 2:
            metrics += (Metric("gap_p50_us", "us", LESS, limit=GAP_LIMIT_US),)
        yield row(f"tcp/64B/burst-{burst}", "tcp", count, metrics, "--burst", str(burst),
                  "--pause-ms", str(pause), "--warm-up", "10", group="more")
    for transport in ("tcp", "ipc", "inproc"):
        yield row(f"{transport}/64B/first", transport, 500, latencies(1, prefix="round"),
                  "--first", group="more")


def rows():
    """All of them."""
    yield from back_to_back()
    yield from spaced()

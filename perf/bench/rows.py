"""The table of rows: which program with which arguments, what of its output counts, and what must
be reached.

Ratios are ours to libzmq's where more is better and libzmq's to ours where less is: above 1 is
better, always. Counts are chosen so that libzmq needs about a second on two cores.
"""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Optional

MORE = "more"
LESS = "less"


@dataclass(frozen=True)
class Metric:
    """One figure of a program's output."""

    key: str
    unit: str
    better: str = MORE
    # The ratio that must be reached.
    target: Optional[float] = None
    # Never below this ratio, times the tolerance asked for; None where noise forbids to say.
    floor: Optional[float] = 1.0
    # An absolute bound on our own figure, where a ratio says nothing (zero to zero).
    limit: Optional[float] = None

    def ratio(self, ours, reference):
        """Above 1 is better; None where the figures do not say."""
        if self.limit is not None:
            return None
        above, below = (ours, reference) if self.better == MORE else (reference, ours)
        return above / below if below > 0 else None


@dataclass(frozen=True)
class Row:
    """One program run, measured with either library."""

    name: str
    # Program and arguments; "{count}" stands for the count.
    command: tuple
    count: int
    metrics: tuple
    # A second program that runs beside the first, as the remote of a local.
    remote: tuple = ()
    # The key of CPU time per message in nanoseconds, and the ratio that it must reach.
    cpu: Optional[str] = None
    cpu_target: Optional[float] = None
    groups: frozenset = frozenset()
    one_core: bool = False
    busy: bool = False
    # Programs of libzmq itself instead of ours.
    upstream: bool = False
    timeout: float = 60
    # For plots: family and size.
    family: str = ""
    size: int = 0


def size_name(size):
    """64 B, 1 KB, 1 MB."""
    for unit, factor in (("MB", 1 << 20), ("KB", 1 << 10)):
        if size >= factor:
            return f"{size // factor}{unit}"
    return f"{size}B"


KB = 1 << 10
MB = 1 << 20

# Messages that libzmq passes in about a second.
TCP_COUNTS = {16: 3_000_000, 64: 2_500_000, 256: 1_200_000, KB: 600_000, 8 * KB: 120_000,
              64 * KB: 20_000, MB: 1_000}
INPROC_COUNTS = {16: 4_000_000, 64: 3_000_000, 256: 2_500_000, KB: 1_500_000, 8 * KB: 500_000,
                 64 * KB: 60_000, MB: 3_000}

# design.md section 7.
THROUGHPUT_TARGETS = {
    ("tcp", "buffer"): {16: 6, 64: 6, 256: 4.5, KB: 3.3, 8 * KB: 2.8, 64 * KB: 1.7, MB: 1.2},
    ("tcp", "msg"): {16: 4.5, 64: 4, 256: 4.5, KB: 3},
    ("ipc", "buffer"): {64: 5, KB: 3, 64 * KB: 1.5},
    ("inproc", "buffer"): {16: 5, 64: 6, KB: 2.5, 64 * KB: 1.1},
}
MAIN_SIZES = {
    ("tcp", "buffer"): (16, 64, 256, KB, 8 * KB, 64 * KB, MB),
    ("tcp", "msg"): (64, KB),
    ("ipc", "buffer"): (16, 64, KB, 64 * KB, MB),
    ("inproc", "buffer"): (16, 64, KB, 64 * KB, MB),
}
ALL_SIZES = (16, 64, 256, KB, 8 * KB, 64 * KB, MB)


def groups(main, target):
    """The groups of a row; every row is in `all`."""
    names = {"all"}
    if main:
        names.add("main")
    if target:
        names.add("targets")
    return frozenset(names)


def cpu_goal(size):
    """CPU per message: half of libzmq's up to 1 KB, never above it."""
    return 2.0 if size <= KB else 1.0


def throughput_rows():
    """PUSH to PULL over every transport, by either API and size."""
    for transport, api in (("tcp", "buffer"), ("tcp", "msg"), ("ipc", "buffer"), ("ipc", "msg"),
                           ("inproc", "buffer"), ("inproc", "msg")):
        counts = INPROC_COUNTS if transport == "inproc" else TCP_COUNTS
        targets = THROUGHPUT_TARGETS.get((transport, api), {})
        for size in ALL_SIZES:
            target = targets.get(size)
            floor = 2.0 if transport == "tcp" and size == 64 else 1.0
            yield Row(
                name=f"thr/{transport}/{size_name(size)}" + ("/msg" if api == "msg" else ""),
                command=("thr_bench", "-t", transport, "--api", api, "-s", str(size), "-n",
                         "{count}"),
                count=counts[size],
                metrics=(Metric("msgs_per_s", "msg/s", MORE, target, floor),),
                cpu="cpu_ns_per_msg",
                cpu_target=cpu_goal(size) if target else None,
                groups=groups(size in MAIN_SIZES.get((transport, api), ()), target),
                family=f"thr/{transport}/{api}",
                size=size)


def throughput_variants():
    """Several senders, polling receivers, I/O threads, both directions at once."""
    def variant(name, *arguments, count=2_000_000):
        return Row(
            name=f"thr/{name}",
            command=("thr_bench", "-s", "64", "-n", "{count}") + arguments,
            count=count,
            metrics=(Metric("msgs_per_s", "msg/s"),),
            cpu="cpu_ns_per_msg",
            groups=groups(False, None))

    for senders in (2, 4, 16):
        yield variant(f"tcp/64B/{senders}-senders", "-p", str(senders))
    for threads in (2, 4):
        yield variant(f"tcp/64B/16-senders/{threads}-io-threads", "-p", "16", "--io-threads",
                      str(threads))
    yield variant("tcp/64B/poll", "--poll", count=400_000)
    yield variant("inproc/64B/4-senders", "-t", "inproc", "-p", "4")
    yield variant("inproc/64B/poll", "-t", "inproc", "--poll", count=1_000_000)
    for transport in ("tcp", "ipc", "inproc"):
        yield variant(f"{transport}/64B/both-ways", "-t", transport, "--both-ways", count=500_000)


def latency_metrics(p50, p99, prefix="lat"):
    """p50 and p99 with their targets."""
    return (Metric(f"{prefix}_p50_us", "us", LESS, p50),
            Metric(f"{prefix}_p99_us", "us", LESS, p99, floor=1.0 if p99 else None))


def latency_rows():
    """A request and its answer, in all circumstances."""
    def row(name, transport, arguments, count, metrics, main=False, size=64, **more):
        return Row(
            name=f"lat/{name}",
            command=("lat_bench", "-t", transport, "-s", str(size), "-n", "{count}") + arguments,
            count=count,
            metrics=metrics,
            cpu="cpu_ns_per_round",
            groups=groups(main, any(metric.target for metric in metrics)),
            **more)

    for transport in ("tcp", "ipc"):
        yield row(f"{transport}/64B", transport, (), 10_000, latency_metrics(6, 2), main=True)
    yield row("inproc/64B", "inproc", (), 20_000, latency_metrics(15, None), main=True)
    yield row("tcp/64B/msg", "tcp", ("--api", "msg"), 10_000, latency_metrics(6, 2))
    yield row("tcp/64B/poll", "tcp", ("--poll",), 10_000, latency_metrics(None, None))
    yield row("tcp/8KB", "tcp", (), 5_000, latency_metrics(None, None), size=8 * KB)
    yield row("tcp/1MB", "tcp", (), 300, latency_metrics(None, None), size=MB)
    for transport in ("tcp", "ipc"):
        yield row(f"{transport}/64B/one-core", transport, (), 20_000, latency_metrics(2.2, None),
                  one_core=True)
    yield row("inproc/64B/one-core", "inproc", (), 30_000, latency_metrics(2, None), one_core=True)
    for transport in ("tcp", "ipc", "inproc"):
        yield row(f"{transport}/64B/busy", transport, (), 2_000, latency_metrics(1.3, None),
                  busy=True)
    # At these rates the CPU time of a request counts as much as its latency.
    for pause, count in ((0.1, 3_000), (1, 600), (10, 100), (100, 15), (1000, 5)):
        yield row(f"tcp/64B/pause-{pause}ms", "tcp", ("--pause-ms", str(pause), "--warm-up", "3"),
                  count, latency_metrics(None, None), cpu_target=1.0)
    for burst in (2, 100):
        yield row(f"tcp/64B/burst-{burst}", "tcp", ("--burst", str(burst), "--pause-ms", "1"), 500,
                  latency_metrics(None, None, "round"))
    for transport in ("tcp", "ipc"):
        yield row(f"{transport}/64B/first", transport, ("--first",), 500,
                  latency_metrics(None, None, "round"))


def router_rows():
    """router_bench."""
    for size, peers, target, main in ((64, 4, 4, True), (64, 16, 4, False), (KB, 4, 2.5, True)):
        for transport in ("tcp", "ipc", "inproc"):
            tcp = transport == "tcp"
            yield Row(
                name=f"router/{transport}/{size_name(size)}/{peers}-peers",
                command=("router_bench", "-t", transport, "-s", str(size), "-p", str(peers), "-n",
                         "{count}"),
                count=(400_000 if size == KB else 800_000) // peers,
                metrics=(Metric("msgs_per_s", "msg/s", MORE, target if tcp else None,
                                2.0 if tcp and size == 64 else 1.0),
                         Metric("rtt_p50_us", "us", LESS),
                         Metric("rtt_p99_us", "us", LESS, floor=None)),
                cpu="cpu_ns_per_msg",
                cpu_target=2.0 if tcp else None,
                groups=groups(main and tcp, tcp))


def pattern_rows():
    """Fan-out and the proxy."""
    for size, subscribers, slow, target in ((64, 1, 0, None), (64, 8, 0, 2.5), (KB, 8, 0, 2),
                                            (64, 8, 2, None)):
        for transport in ("tcp", "inproc"):
            tcp = transport == "tcp"
            yield Row(
                name=f"fanout/{transport}/{size_name(size)}/{subscribers}-subscribers"
                     + (f"/{slow}-slow" if slow else ""),
                command=("fanout_bench", "-t", transport, "-s", str(size), "-p", str(subscribers),
                         "--slow", str(slow), "-n", "{count}"),
                count=200_000 if tcp or subscribers == 1 else 60_000,
                metrics=(Metric("deliveries_per_s", "msg/s", MORE, target if tcp else None),),
                cpu="cpu_ns_per_msg",
                cpu_target=2.0 if target and tcp else None,
                groups=groups(False, target if tcp else None))
    yield Row(
        name="proxy/64B",
        command=("proxy_thr", "64", "{count}"),
        count=1_500_000,
        metrics=(Metric("msgs_per_s", "msg/s", MORE, 3),),
        cpu="cpu_ns_per_msg",
        cpu_target=2.0,
        groups=groups(False, 3))


def scale_rows():
    """What grows with sockets, connections, subscriptions; and the cost of single things."""
    for sockets, count, target in ((100, 3_000, 10), (2000, 150, 30)):
        yield Row(
            name=f"poll/{sockets}",
            command=("poll_bench", "-p", str(sockets), "-n", "{count}"),
            count=count,
            metrics=(Metric("cycle_us", "us", LESS, target), Metric("empty_poll_us", "us", LESS)),
            cpu="cpu_ns_per_cycle",
            groups=groups(False, target))
    for connections in (100, 1000, 5000):
        target = connections == 1000
        yield Row(
            name=f"connections/{connections}",
            command=("connection_bench", "-n", str(connections), "--messages", "{count}"),
            count=200_000,
            metrics=(
                Metric("connections_per_s", "/s", MORE, 1.5 if target else None),
                Metric("server_kib_per_connection", "KiB", LESS, 3 if target else None),
                Metric("client_kib_per_connection", "KiB", LESS, 3 if target else None),
                Metric("server_kib_after_traffic", "KiB", LESS),
                Metric("client_kib_after_traffic", "KiB", LESS),
                # The measuring thread itself wakes once and looks at the clock.
                Metric("server_idle_sleeps_per_s", "/s", LESS, limit=2),
                Metric("client_idle_sleeps_per_s", "/s", LESS, limit=2),
                Metric("server_idle_cpu_us_per_s", "us/s", LESS, limit=200),
                Metric("client_idle_cpu_us_per_s", "us/s", LESS, limit=200),
                Metric("fan_in_msgs_per_s", "msg/s", MORE)),
            cpu="fan_in_cpu_ns_per_msg",
            groups=groups(False, target),
            timeout=120)
    yield Row(
        name="sockets",
        command=("socket_bench", "-n", "{count}"),
        count=20_000,
        metrics=(Metric("sockets_per_s", "/s", MORE, 2), Metric("contexts_per_s", "/s", MORE)),
        cpu="cpu_ns_per_socket",
        groups=groups(False, 2))
    for topics, add, match, memory in ((10_000, 1.5, 1.5, None), (1_000_000, None, None, 3)):
        yield Row(
            name=f"subscriptions/{topics}",
            command=("subscription_bench", "-n", str(topics), "--messages", "{count}"),
            count=200_000,
            metrics=(Metric("adds_per_s", "/s", MORE, add),
                     Metric("matches_per_s", "/s", MORE, match),
                     Metric("removes_per_s", "/s", MORE),
                     Metric("bytes_per_topic", "B", LESS, memory)),
            groups=groups(False, True),
            timeout=180)
    yield Row(
        name="msg/64B",
        command=("msg_bench", "-s", "64", "-n", "{count}"),
        count=5_000_000,
        metrics=(Metric("init_size_close_ns", "ns", LESS, 2),
                 Metric("init_data_close_ns", "ns", LESS), Metric("copy_close_ns", "ns", LESS),
                 Metric("move_ns", "ns", LESS)),
        groups=groups(False, 2))


def upstream_rows():
    """libzmq's own programs, as its build makes them."""
    def row(name, command, remote, count, metric, size):
        return Row(name=f"upstream/{name}", command=command, remote=remote, count=count,
                   metrics=(metric,), cpu="cpu_ns_per_msg", upstream=True,
                   groups=frozenset({"upstream"}), family=f"upstream/{name.rsplit('/', 1)[0]}",
                   size=size)

    for transport in ("tcp", "ipc"):
        targets = THROUGHPUT_TARGETS[("tcp", "msg")] if transport == "tcp" else {}
        for size in ALL_SIZES:
            arguments = ("{endpoint}", str(size), "{count}")
            yield row(f"thr/{transport}/{size_name(size)}", ("local_thr",) + arguments,
                      ("remote_thr",) + arguments, TCP_COUNTS[size],
                      Metric("msgs_per_s", "msg/s", MORE, targets.get(size)), size)
        arguments = ("{endpoint}", "64", "{count}")
        yield row(f"lat/{transport}/64B", ("local_lat",) + arguments, ("remote_lat",) + arguments,
                  10_000, Metric("lat_mean_us", "us", LESS), 64)
    for size in ALL_SIZES:
        yield row(f"thr/inproc/{size_name(size)}", ("inproc_thr", str(size), "{count}"), (),
                  INPROC_COUNTS[size], Metric("msgs_per_s", "msg/s"), size)
    yield row("lat/inproc/64B", ("inproc_lat", "64", "{count}"), (), 20_000,
              Metric("lat_mean_us", "us", LESS), 64)
    yield row("proxy/64B", ("proxy_thr", "64", "{count}"), (), 1_500_000,
              Metric("msgs_per_s", "msg/s", MORE, 3), 64)


ROWS = tuple(row for table in (throughput_rows, throughput_variants, latency_rows, router_rows,
                               pattern_rows, scale_rows, upstream_rows) for row in table())
GROUPS = {
    "main": "what every build is compared by; the default",
    "targets": "rows with a target",
    "all": "every row of our own programs",
    "upstream": "libzmq's own programs; needs --upstream-bin",
}


class UnknownRow(Exception):
    """A pattern that matches no row."""


def select(patterns):
    """Rows by name, by shell pattern or by group, in the table's order."""
    wanted = []
    for pattern in patterns:
        matches = [row for row in ROWS if pattern in row.groups or fnmatchcase(row.name, pattern)]
        if not matches:
            raise UnknownRow(pattern)
        wanted += matches
    return [row for row in ROWS if row in wanted]


def modified(row, scale=1, timeout=None, one_core=False, busy=False):
    """The row with fewer or more messages, other patience, or under other circumstances."""
    name = row.name
    if one_core and not row.one_core:
        name += "/one-core"
    if busy and not row.busy:
        name += "/busy"
    changed = one_core and not row.one_core or busy and not row.busy
    return replace(
        row,
        name=name,
        count=max(int(row.count * scale), 1),
        timeout=timeout or row.timeout * max(scale, 1),
        one_core=row.one_core or one_core,
        busy=row.busy or busy,
        # A target holds for the circumstances that it was set for.
        metrics=tuple(replace(metric, target=None, floor=metric.floor and 1.0)
                      for metric in row.metrics)
        if changed else row.metrics,
        cpu_target=None if changed else row.cpu_target)

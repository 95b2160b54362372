"""PUSH to PULL: every transport, API and size, several senders, polling receivers, both directions."""

from ..row import KB, MB, MORE, Metric, Row, groups, size_name

SIZES = (16, 64, 256, KB, 8 * KB, 64 * KB, MB)

# Messages that libzmq passes in half a second to one.
TCP_COUNTS = {16: 2_500_000, 64: 2_500_000, 256: 1_000_000, KB: 500_000, 8 * KB: 100_000,
              64 * KB: 15_000, MB: 1_000}
INPROC_COUNTS = {16: 3_000_000, 64: 2_500_000, 256: 2_000_000, KB: 1_000_000, 8 * KB: 300_000,
                 64 * KB: 40_000, MB: 8_000}

TARGETS = {
    ("tcp", "buffer"): {16: 6, 64: 6, 256: 4.5, KB: 3.3, 8 * KB: 2.8, 64 * KB: 1.7, MB: 1.2},
    ("tcp", "msg"): {16: 4.5, 64: 4, 256: 4.5, KB: 3},
    ("ipc", "buffer"): {64: 5, KB: 3, 64 * KB: 1.5},
    ("inproc", "buffer"): {16: 5, 64: 6, KB: 2.5, 64 * KB: 1.1},
}
MAIN_SIZES = {
    ("tcp", "buffer"): SIZES,
    ("tcp", "msg"): (64, KB),
    ("ipc", "buffer"): (16, 64, KB, 64 * KB, MB),
    ("inproc", "buffer"): (16, 64, KB, 64 * KB, MB),
}
# Rows without a target of their own that are in the document all the same, for the curves.
MORE_SIZES = {
    ("tcp", "msg"): SIZES,
    ("ipc", "buffer"): SIZES,
    ("inproc", "buffer"): SIZES,
    ("inproc", "msg"): (64, KB),
}


def cpu_goal(size):
    """CPU per message: half of libzmq's up to 1 KB, never above it."""
    return 2.0 if size <= KB else 1.0


def plain():
    """One sender, one receiver."""
    for transport, api in (("tcp", "buffer"), ("tcp", "msg"), ("ipc", "buffer"), ("ipc", "msg"),
                           ("inproc", "buffer"), ("inproc", "msg")):
        counts = INPROC_COUNTS if transport == "inproc" else TCP_COUNTS
        targets = TARGETS.get((transport, api), {})
        for size in SIZES:
            target = targets.get(size)
            more = not target and size in MORE_SIZES.get((transport, api), ())
            floor = 2.0 if transport == "tcp" and size == 64 else 1.0
            yield Row(
                name=f"thr/{transport}/{size_name(size)}" + ("/msg" if api == "msg" else ""),
                command=("thr_bench", "-t", transport, "--api", api, "-s", str(size), "-n",
                         "{count}"),
                count=counts[size],
                metrics=(Metric("msgs_per_s", "msg/s", MORE, target or (1 if more else None),
                                floor),),
                cpu="cpu_ns_per_msg",
                cpu_target=cpu_goal(size) if target else 1.0 if more else None,
                groups=groups(size in MAIN_SIZES.get((transport, api), ()) and "main",
                              target and "targets", more and "more"),
                family=f"thr/{transport}/{api}",
                size=size)


def variants():
    """Other ways to send and to receive, 64 bytes mostly."""
    def variant(name, *arguments, count, messages=1, size=64):
        return Row(
            name=f"thr/{name}",
            command=("thr_bench", "-s", str(size), "-n", "{count}") + arguments,
            count=count,
            messages=messages,
            metrics=(Metric("msgs_per_s", "msg/s", MORE, 1),),
            cpu="cpu_ns_per_msg",
            cpu_target=1.0,
            groups=groups("more"))

    for senders in (2, 4, 8, 16):
        yield variant(f"tcp/64B/{senders}-senders", "-p", str(senders), count=1_500_000)
    for senders, threads in ((1, 4), (4, 4), (16, 2), (16, 4)):
        yield variant(f"tcp/64B/{senders}-sender{'s' if senders > 1 else ''}/{threads}-io-threads",
                      "-p", str(senders), "--io-threads", str(threads), count=1_500_000)
    yield variant("inproc/64B/4-senders", "-t", "inproc", "-p", "4", count=1_500_000)
    yield variant("inproc/64B/16-senders", "-t", "inproc", "-p", "16", count=1_500_000)
    yield variant("inproc/8KB/8-senders", "-t", "inproc", "-p", "8", count=400_000, size=8 * KB)
    for transport, count in (("tcp", 400_000), ("inproc", 800_000)):
        yield variant(f"{transport}/64B/poll", "-t", transport, "--poll", count=count)
    for transport in ("tcp", "ipc", "inproc"):
        yield variant(f"{transport}/64B/both-ways", "-t", transport, "--both-ways", count=500_000,
                      messages=2)


def rows():
    """All of them."""
    yield from plain()
    yield from variants()

"""ROUTER with several clients, PUB with several subscribers, the proxy."""

from ..row import KB, LESS, MORE, Metric, Row, groups, size_name


def router_rows():
    """router_bench: throughput to the server, then round trips of each client in turn."""
    for size, peers, target, main in ((64, 4, 4, True), (64, 16, 4, False), (KB, 4, 2.5, True)):
        for transport in ("tcp", "ipc", "inproc"):
            tcp = transport == "tcp"
            yield Row(
                name=f"router/{transport}/{size_name(size)}/{peers}-peers",
                command=("router_bench", "-t", transport, "-s", str(size), "-p", str(peers), "-n",
                         "{count}", "-r", str(1000 // peers)),
                count=(200_000 if size == KB else 800_000) // peers,
                messages=peers,
                metrics=(Metric("msgs_per_s", "msg/s", MORE, target if tcp else 1,
                                2.0 if tcp and size == 64 else 1.0),
                         Metric("rtt_p50_us", "us", LESS, 1),
                         Metric("rtt_p99_us", "us", LESS, floor=None)),
                cpu="cpu_ns_per_msg",
                cpu_target=2.0 if tcp else 1.0,
                groups=groups(main and tcp and "main", "targets" if tcp else "more"))


def fanout_rows():
    """PUB to fast and to slow subscribers, and to some with a topic each from a publisher with work."""
    def row(transport, size, subscribers, slow, count, target, group, work_us=None):
        plural = "s" if subscribers > 1 else ""
        topics = work_us is not None
        key = "published_per_s" if slow == subscribers else "deliveries_per_s"
        return Row(
            name=f"fanout/{transport}/{size_name(size)}/{subscribers}-subscriber{plural}"
                 + (f"/{slow}-slow" if slow else "")
                 + ("/topics" if topics else "")
                 + (f"/work-{work_us}us" if work_us else ""),
            command=("fanout_bench", "-t", transport, "-s", str(size), "-p", str(subscribers),
                     "--slow", str(slow), "-n", "{count}")
                    + (("--topics", "--work", str(work_us * 1000)) if topics else ()),
            count=count,
            messages=1 if topics else subscribers - slow or 1,
            metrics=(Metric(key, "msg/s", MORE, target),),
            cpu="cpu_ns_per_msg",
            cpu_target=2.0 if group == "targets" else 1.0,
            groups=groups(group))

    yield row("tcp", 64, 8, 0, 150_000, 2.5, "targets")
    yield row("tcp", KB, 8, 0, 60_000, 2, "targets")
    yield row("tcp", 64, 1, 0, 1_000_000, 1, "more")
    yield row("tcp", 64, 1, 1, 1_000_000, 1, "more")
    yield row("tcp", 64, 2, 1, 500_000, 1, "more")
    yield row("tcp", 64, 8, 2, 200_000, 1, "more")
    yield row("tcp", 64, 8, 8, 200_000, 1, "more")
    yield row("tcp", 64, 64, 0, 30_000, 1, "more")
    yield row("tcp", 64, 8, 0, 1_000_000, 1, "more", work_us=0)
    yield row("tcp", 64, 8, 0, 300_000, 1, "more", work_us=1)
    yield row("tcp", 64, 8, 0, 100_000, 1, "more", work_us=3)
    yield row("tcp", 64, 8, 0, 30_000, 1, "more", work_us=10)
    yield row("inproc", 64, 1, 0, 1_000_000, 1, "more")
    yield row("inproc", 64, 8, 0, 60_000, 1, "more")
    yield row("inproc", 64, 32, 0, 20_000, 1, "more")


def proxy_rows():
    """zmq_proxy between two publishers and a subscriber."""
    yield Row(
        name="proxy/64B",
        command=("proxy_thr", "64", "{count}"),
        count=1_000_000,
        metrics=(Metric("msgs_per_s", "msg/s", MORE, 3),),
        cpu="cpu_ns_per_msg",
        cpu_target=2.0,
        groups=groups("targets"))


def rows():
    """All of them."""
    yield from router_rows()
    yield from fanout_rows()
    yield from proxy_rows()

"""What grows with sockets, connections, subscriptions; and the cost of single things."""

from ..row import LESS, MORE, Metric, Row, groups

CONNECTIONS = (100, 1_000, 10_000)
# Sockets and cycles.
POLLED = ((100, 3_000), (500, 600), (2000, 150))
POLL_TARGETS = {("inproc", 100): 10, ("inproc", 2000): 30}


def poll_rows():
    """zmq_poll over sockets of which one is active."""
    for transport, name in (("inproc", "poll"), ("tcp", "poll/tcp")):
        for sockets, count in POLLED:
            target = POLL_TARGETS.get((transport, sockets))
            yield Row(
                name=f"{name}/{sockets}",
                command=("poll_bench", "-t", transport, "-p", str(sockets), "-n", "{count}"),
                count=count,
                metrics=(Metric("cycle_us", "us", LESS, target or 1),
                         Metric("empty_poll_us", "us", LESS)),
                cpu="cpu_ns_per_cycle",
                groups=groups("targets" if target else "more", "scale"),
                family=name,
                size=sockets,
                timeout=120)


def connection_rows():
    """Connections of one ROUTER: set up, kept, used."""
    for connections in CONNECTIONS:
        target = connections == 1000
        # What a wake-up or a microsecond is in a second is only seen in a whole one.
        idle = ((Metric(f"{side}_idle_sleeps_per_s", "/s", LESS, limit=2),
                 Metric(f"{side}_idle_cpu_us_per_s", "us/s", LESS, limit=200))
                for side in ("server", "client") if target)
        yield Row(
            name=f"connections/{connections}",
            command=("connection_bench", "-n", str(connections), "--messages", "{count}",
                     "--idle-s", "1" if target else "0.1"),
            # The same on each: what one costs is to depend on how many connections there are alone.
            count=1000 * connections,
            metrics=(
                Metric("connections_per_s", "/s", MORE, 1.5 if target else 1),
                Metric("setup_cpu_us_per_connection", "us", LESS),
                Metric("server_kib_per_connection", "KiB", LESS, 3, limit=10 if target else None),
                Metric("client_kib_per_connection", "KiB", LESS, 3, limit=10 if target else None),
                Metric("server_kib_after_traffic", "KiB", LESS),
                Metric("client_kib_after_traffic", "KiB", LESS),
                *(metric for pair in idle for metric in pair),
                Metric("fan_in_msgs_per_s", "msg/s", MORE, 1)),
            cpu="fan_in_cpu_ns_per_msg",
            cpu_target=1.0,
            groups=groups("targets" if target else "more", "scale"),
            family="connections",
            size=connections,
            count_calls=target,
            timeout=120)


def subscription_rows():
    """Topics of one XPUB."""
    for topics, add, match, memory in ((10_000, 1.5, 1.5, None), (100_000, None, None, None),
                                       (1_000_000, None, None, 3)):
        yield Row(
            name=f"subscriptions/{topics}",
            command=("subscription_bench", "-n", str(topics), "--messages", "{count}"),
            count=200_000,
            metrics=(Metric("adds_per_s", "/s", MORE, add or 1),
                     Metric("matches_per_s", "/s", MORE, match or 1),
                     Metric("removes_per_s", "/s", MORE, 1),
                     Metric("bytes_per_topic", "B", LESS, memory or 1)),
            groups=groups("targets" if add or memory else "more", "scale"),
            family="subscriptions",
            size=topics,
            timeout=180)


def single_things():
    """Sockets, contexts, messages."""
    yield Row(
        name="sockets",
        command=("socket_bench", "-n", "{count}", "--contexts", "300"),
        count=20_000,
        metrics=(Metric("sockets_per_s", "/s", MORE, 2), Metric("contexts_per_s", "/s", MORE, 1)),
        cpu="cpu_ns_per_socket",
        groups=groups("targets"))
    yield Row(
        name="msg/64B",
        command=("msg_bench", "-s", "64", "-n", "{count}"),
        count=4_000_000,
        metrics=(Metric("init_size_close_ns", "ns", LESS, 2),
                 Metric("init_data_close_ns", "ns", LESS, 1),
                 Metric("copy_close_ns", "ns", LESS, 1),
                 Metric("move_ns", "ns", LESS, 1)),
        groups=groups("targets"))


def rows():
    """All of them."""
    yield from poll_rows()
    yield from connection_rows()
    yield from subscription_rows()
    yield from single_things()

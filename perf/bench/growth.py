"""What one costs where there are many: connections, polled sockets, subscriptions."""

from dataclasses import dataclass
from math import log
from statistics import median


@dataclass(frozen=True)
class Cost:
    """What one of something costs, out of a row's figures."""

    name: str
    # s, KiB or B.
    unit: str
    family: str
    key: str
    # What the figure stands for: the cost itself, things per second, or microseconds for all.
    kind: str = "cost"
    # Whether it may grow no faster than the logarithm of the number.
    bounded: bool = True

    def of(self, figure, size):
        """The cost of one."""
        if self.kind == "rate":
            return 1 / figure if figure > 0 else None
        return figure / 1e6 / size if self.kind == "total" else figure


COSTS = (
    Cost("setting up a connection", "s", "connections", "connections_per_s", "rate"),
    Cost("memory of a connection, server", "KiB", "connections", "server_kib_per_connection"),
    Cost("memory of a connection, client", "KiB", "connections", "client_kib_per_connection"),
    Cost("a message, sent over all in turn", "s", "connections", "fan_in_msgs_per_s", "rate"),
    Cost("zmq_poll, per socket, inproc", "s", "poll", "cycle_us", "total"),
    Cost("zmq_poll, per socket, tcp", "s", "poll/tcp", "cycle_us", "total"),
    # These go up to a million, far beyond every cache: the memory's own cost is part of it.
    Cost("adding a subscription", "s", "subscriptions", "adds_per_s", "rate", False),
    Cost("matching a message", "s", "subscriptions", "matches_per_s", "rate", False),
    Cost("memory of a subscription", "B", "subscriptions", "bytes_per_topic", "cost", False),
)


@dataclass(frozen=True)
class Curve:
    """A cost against the number: (number, libzmq's, ours)."""

    cost: Cost
    points: tuple

    def growth(self, column):
        """The last figure in terms of the first."""
        return self.points[-1][column] / self.points[0][column]

    @property
    def allowed(self):
        """What logarithmic growth is between the first number and the last."""
        return log(self.points[-1][0]) / log(self.points[0][0])

    def too_steep(self):
        """Whether ours grows faster than it may."""
        return self.cost.bounded and self.growth(2) > self.allowed


def curves(results):
    """The curves that have at least two points."""
    for cost in COSTS:
        points = []
        for result in sorted(results, key=lambda result: result.row.size):
            if result.row.family != cost.family or not result.pairs:
                continue
            sides = [cost.of(median(pair[side][cost.key] for pair in result.pairs),
                             result.row.size) for side in (1, 0)]
            if all(sides):
                points.append((result.row.size, *sides))
        if len(points) > 1:
            yield Curve(cost, tuple(points))


def shortfalls(results):
    """What grows faster than the logarithm, as sentences."""
    return [f"scale: {curve.cost.name}: {curve.growth(2):.1f} times as much at "
            f"{curve.points[-1][0]:,} as at {curve.points[0][0]:,}, not {curve.allowed:.1f}"
            for curve in curves(results) if curve.too_steep()]

"""The figures of a row's runs, and the judgement on them."""

from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Optional

from .row import LESS, Metric, Row

CPU_UNIT = "ns"


@dataclass
class Line:
    """One metric of one row: the medians and the ratio of each pair."""

    metric: Metric
    ours: float
    reference: float
    ratios: list

    @property
    def ratio(self):
        """The median of the pairs' ratios."""
        return median(self.ratios) if self.ratios else None

    def is_close(self):
        """Whether the target lies within the middle half of the ratios: then other pairs might be
        judged otherwise."""
        if self.metric.target is None or len(self.ratios) < 2:
            return False
        low, _, high = quantiles(self.ratios, n=4, method="inclusive")
        return low <= self.metric.target <= high

    def verdict(self):
        """`ok`, `BELOW` its target, or nothing where there is none."""
        goals = [met for met in (self.within_limit(), self.at_target()) if met is not None]
        if not goals:
            return ""
        return "ok" if all(goals) else "BELOW"

    def within_limit(self):
        """Whether our own figure is within its bound, or None."""
        return None if self.metric.limit is None else self.ours <= self.metric.limit

    def at_target(self):
        """Whether the ratio is what it must be, or None."""
        if self.metric.target is None or self.ratio is None:
            return None
        return self.ratio >= self.metric.target

    def shortfall(self):
        """What it is, and what it should be."""
        if self.within_limit() is False:
            return f"{self.metric.key} is {self.ours:g}, not at most {self.metric.limit:g}"
        return f"{self.metric.key} has a ratio of {self.ratio:.2f}, not {self.metric.target:g}"

    def below_floor(self, tolerance):
        """Whether it is below its floor, times the tolerance."""
        if self.metric.floor is None or self.ratio is None:
            return False
        return self.ratio < self.metric.floor * tolerance


@dataclass
class Result:
    """A row and the pairs of figures that its runs gave, or why there are none."""

    row: Row
    pairs: list = field(default_factory=list)
    failure: Optional[str] = None
    # System calls per message: ours and libzmq's.
    calls: Optional[tuple] = None
    # How long all of it took.
    seconds: float = 0

    def lines(self):
        """A line per metric, then one for CPU time."""
        return [line for line in map(self.line, self.row.metrics) if line]

    def line(self, metric):
        """What came out for one metric."""
        if not self.pairs:
            return None
        ratios = [metric.ratio(ours[metric.key], reference[metric.key])
                  for ours, reference in self.pairs]
        return Line(metric, median(ours[metric.key] for ours, _ in self.pairs),
                    median(reference[metric.key] for _, reference in self.pairs),
                    [ratio for ratio in ratios if ratio is not None])

    def cpu(self):
        """CPU time per message, where the row has it."""
        key = self.row.cpu
        if not key or not self.pairs or any(key not in figures
                                            for pair in self.pairs for figures in pair):
            return None
        return self.line(Metric(key, CPU_UNIT, LESS, self.row.cpu_target))

    def is_close(self):
        """Whether any figure is too close to its target to be judged by so few pairs."""
        return any(line.is_close() for line in (*self.lines(), self.cpu()) if line)

    def shortfalls(self, targets, tolerance):
        """What is wrong with it, as sentences."""
        found = []
        if self.failure:
            found.append(f"{self.row.name}: {self.failure}")
        for line in self.lines():
            if targets and line.verdict() == "BELOW":
                found.append(f"{self.row.name}: {line.shortfall()}")
            if tolerance is not None and line.below_floor(tolerance):
                found.append(f"{self.row.name}: {line.metric.key} is below the floor")
        cpu = self.cpu()
        if targets and cpu and cpu.verdict() == "BELOW":
            found.append(f"{self.row.name}: {cpu.shortfall()}")
        return found

"""What a row is: which program with which arguments, what of its output counts, and what must be
reached.

Ratios are ours to libzmq's where more is better and libzmq's to ours where less is: above 1 is
better, always.
"""

from dataclasses import dataclass
from typing import Optional

MORE = "more"
LESS = "less"
KB = 1 << 10
MB = 1 << 20


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
    # An absolute bound on our own figure, beside a ratio or where that says nothing (zero to zero).
    limit: Optional[float] = None

    def ratio(self, ours, reference):
        """Above 1 is better; None where the figures do not say."""
        if self.limit is not None and self.target is None:
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
    # Messages that one of the count stands for.
    messages: int = 1
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
    # Whether system calls are counted: not where a run takes long or nothing is sent.
    count_calls: bool = True
    # For plots: rows of one family differ in the size of a message, or in the number of something.
    family: str = ""
    size: int = 0


def size_name(size):
    """64B, 1KB, 1MB."""
    for unit, factor in (("MB", MB), ("KB", KB)):
        if size >= factor:
            return f"{size // factor}{unit}"
    return f"{size}B"


def groups(*names):
    """The groups of a row; every row of our own programs is in `all`."""
    return frozenset(("all", *filter(None, names)))

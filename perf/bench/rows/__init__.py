"""The table of rows, and how they are chosen."""

from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import chain

from . import busy, latency, patterns, scale, throughput, upstream

GROUPS = {
    "main": "what every build is compared by; the default",
    "targets": "the speed table: rows that must be so many times better",
    "more": "what else users do; must not be below libzmq",
    "scale": "rows that are measured with more and more of something",
    "busy": "those rows beside a busy process per core",
    "all": "every row of our own programs",
    "upstream": "libzmq's own programs; needs --upstream-bin",
    "bench": "what stands in docs/PERFORMANCE.md: targets, more, busy, and most of upstream",
}


def in_bench(row):
    """The row as a member of `bench` too, where its group belongs there."""
    if row.groups & {"targets", "more", "busy"}:
        return replace(row, groups=row.groups | {"bench"})
    return row


def table():
    """All rows, in the order of the document."""
    own = list(chain(throughput.rows(), latency.rows(), patterns.rows(), scale.rows()))
    return tuple(map(in_bench, chain(own, busy.rows(own), upstream.rows())))


ROWS = table()


class UnknownRow(Exception):
    """A pattern that matches no row."""


def select(patterns):
    """Rows by name, by shell pattern or by group, in the table's order."""
    wanted = set()
    for pattern in patterns:
        matches = {row.name for row in ROWS
                   if pattern in row.groups or fnmatchcase(row.name, pattern)}
        if not matches:
            raise UnknownRow(pattern)
        wanted |= matches
    return [row for row in ROWS if row.name in wanted]


def modified(row, scale=1, timeout=None, one_core=False, busy=False):
    """The row with fewer or more messages, other patience, or under other circumstances."""
    name = row.name
    if one_core and not row.one_core:
        name += "/one-core"
    if busy and not row.busy:
        name += "/busy"
    changed = name != row.name
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

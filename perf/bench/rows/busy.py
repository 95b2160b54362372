"""The rows again, beside a computing process on every core: none below libzmq there."""

from dataclasses import replace

from ..row import groups

# Half a core is left for a program, so half as many messages take as long.
PART = 2


def as_good_as_libzmq(metric):
    """What has a target; the rest, and tails whether they have or not, is noise there."""
    judged = metric.target and not metric.key.endswith("_p99_us")
    return replace(metric, target=1.0 if judged else None, floor=1.0 if judged else None)


def under_load(row):
    """The row on a busy machine, with no target but libzmq's figure."""
    return replace(
        row,
        name=f"{row.name}/busy",
        busy=True,
        count=max(row.count // PART, 1),
        timeout=row.timeout * 2,
        metrics=tuple(map(as_good_as_libzmq, row.metrics)),
        cpu_target=None,
        count_calls=False,
        groups=groups("busy"),
        family="")


def rows(table):
    """The busy rows of a table, but those that it has already, with a target of their own."""
    there = {row.name for row in table if row.busy}
    for row in table:
        if row.groups & {"targets", "more"} and f"{row.name}/busy" not in there \
                and row.name not in there:
            yield under_load(row)

"""The rows again, beside a computing process on every core: none below libzmq there."""

from dataclasses import replace

from ..row import groups

# Half a core is left for a program, so half as many messages take as long.
PART = 2


def under_load(row):
    """The row on a busy machine, with no target but libzmq's figure."""
    return replace(
        row,
        name=f"{row.name}/busy",
        busy=True,
        count=max(row.count // PART, 1),
        timeout=row.timeout * 2,
        # The first figure is what a row is about; the rest, tails above all, is noise there.
        metrics=(replace(row.metrics[0], target=1.0, floor=1.0),
                 *(replace(metric, target=None, floor=None) for metric in row.metrics[1:])),
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

"""The tables of the document."""

from . import report
from .growth import curves

COLUMNS = ("row", "figure", "libzmq", "ours", "ratio", "spread", "pairs", "target", "CPU libzmq",
           "CPU ours", "CPU ratio", "CPU target", "calls libzmq", "calls ours")


def table(columns, lines, words=1):
    """A Markdown table, without the columns that nothing stands in; the first ones hold words."""
    lines = list(lines)
    used = [column for column in range(len(columns)) if any(cells[column] for cells in lines)]
    yield "| " + " | ".join(columns[column] for column in used) + " |"
    yield "|" + "".join(" --- |" if column < words else " ---: |" for column in used)
    for cells in lines:
        yield "| " + " | ".join(cells[column] for column in used) + " |"


def reached(line, text):
    """A table's cell, bold where the line misses its target."""
    return f"**{text}**" if line.verdict() == "BELOW" else text


def row_cells(result):
    """The table's lines of one row: what belongs to the whole row stands in the first."""
    shared = [""] * 6
    cpu = result.cpu()
    if cpu:
        shared[:4] = (report.human(cpu.reference, "ns"), report.human(cpu.ours, "ns"),
                      reached(cpu, report.factor(cpu.ratio)), report.goal(cpu.metric))
    if result.calls:
        ours, reference = result.calls
        shared[4:] = (report.calls(reference), report.calls(ours))
    name, pairs = result.row.name, str(len(result.pairs))
    for line in result.lines():
        unit = line.metric.unit
        ours, ratio = report.human(line.ours, unit), report.factor(line.ratio)
        if line.within_limit() is False:
            ours = f"**{ours}**"
        elif line.at_target() is False:
            ratio = f"**{ratio}**"
        yield [name, line.metric.key, report.human(line.reference, unit), ours, ratio,
               report.spread(line), pairs, report.goal(line.metric), *shared]
        name, pairs, shared = "", "", [""] * 6
    if result.failure:
        yield [name, "**failed**", result.failure.replace("|", "/").replace("\n", " ")] + [""] * 11


def table_of_rows(results):
    """What was measured of each row."""
    return table(COLUMNS, (cells for result in results for cells in row_cells(result)), words=2)


def amount(value, unit):
    """A cost in the unit that suits it."""
    if unit == "s":
        for factor, name in ((1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")):
            if value >= factor or name == "ns":
                return f"{value / factor:.3g} {name}"
    return report.human(value, unit)


def table_of_growth(results):
    """What one costs with the smallest and with the largest number."""
    def cells(curve):
        numbers = [f"{point[0]:,}" for point in curve.points]
        costs = [[amount(point[column], curve.cost.unit) for point in curve.points]
                 for column in (1, 2)]
        growth = f"{curve.growth(2):.2f}"
        return [curve.cost.name, " / ".join(numbers), " / ".join(costs[0]), " / ".join(costs[1]),
                f"{curve.growth(1):.2f}", f"**{growth}**" if curve.too_steep() else growth,
                f"{curve.allowed:.1f}" if curve.cost.bounded else ""]

    return table(("what one costs", "with so many", "libzmq", "ours", "growth libzmq",
                  "growth ours", "at most"), map(cells, curves(results)))


def table_of_commands(results):
    """What each row runs."""
    def cells(row):
        commands = [" ".join(command).format(count=row.count, endpoint="ENDPOINT")
                    for command in (row.command, row.remote) if command]
        return [row.name, " and ".join(f"`{command}`" for command in commands)]

    return table(("row", "programs"), (cells(result.row) for result in results
                                       if not result.row.name.endswith("/busy")), words=2)

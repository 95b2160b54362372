"""Tables: on the terminal, as Markdown and as CSV."""

import csv

from .row import LESS

HEADINGS = ("row", "figure", "libzmq", "ours", "ratio", "min..max", "target", "",
            "CPU libzmq", "CPU ours", "ratio", "target", "")
SCALES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def human(value, unit):
    """4.31 M/s, 52.3 us."""
    if unit in ("msg/s", "/s"):
        unit = "/s"
        for scale, letter in SCALES:
            if value >= scale:
                return f"{value / scale:.3g} {letter}{unit}"
    return f"{value:.3g} {unit}" if value < 1000 else f"{value:.0f} {unit}"


def factor(value):
    """A ratio, or a dash."""
    return "-" if value is None else f"{value:.2f}"


def calls(value):
    """System calls per message."""
    return f"{value:.4f}" if value < 1 else f"{value:.3g}"


def goal(metric):
    """The target as it is met: a ratio, a bound on the figure itself, or both."""
    ratio = f"{metric.target:g}" if metric.target else ""
    bound = f"<= {metric.limit:g}" if metric.limit is not None else ""
    return ", ".join(filter(None, (ratio, bound)))


def spread(line):
    """The smallest and the largest ratio of a pair."""
    return f"{min(line.ratios):.2f}..{max(line.ratios):.2f}" if line.ratios else ""


def cells(result):
    """The table's lines of one row."""
    cpu = result.cpu()
    cpu_cells = ("",) * 5
    if cpu:
        cpu_cells = (human(cpu.reference, "ns"), human(cpu.ours, "ns"), factor(cpu.ratio),
                     goal(cpu.metric), cpu.verdict())
    for line in result.lines():
        unit = line.metric.unit
        yield (result.row.name, line.metric.key, human(line.reference, unit),
               human(line.ours, unit), factor(line.ratio), spread(line), goal(line.metric),
               line.verdict()) + cpu_cells
        cpu_cells = ("",) * 5
    if result.failure:
        yield (result.row.name, "FAILED", result.failure) + ("",) * 10
    if result.calls:
        ours, reference = result.calls
        yield (result.row.name, "system calls per message", calls(reference), calls(ours),
               factor(reference / ours if ours > 0 else None)) + ("",) * 8


WIDTHS = (34, 26, 13, 13, 7, 13, 7, 6, 11, 11, 6, 6, 5)


class Terminal:
    """Prints each row when it is done."""

    def __init__(self, out):
        self.out = out

    def heading(self):
        """The names of the columns."""
        self._print(HEADINGS)

    def row(self, result):
        """The lines of one row."""
        for line in cells(result):
            if line[1] == "FAILED":
                print(f"{line[0]:<{WIDTHS[0]}} FAILED: {line[2]}", file=self.out, flush=True)
            else:
                self._print(line)

    def _print(self, line):
        text = " ".join(f"{cell:<{width}}" if column < 2 else f"{cell:>{width}}"
                        for column, (cell, width) in enumerate(zip(line, WIDTHS)))
        print(text.rstrip(), file=self.out, flush=True)


def write_markdown(path, machine, results):
    """The same table for a document."""
    with open(path, "w", encoding="utf-8") as out:
        print(f"Measured on: {machine}.\n", file=out)
        print("| " + " | ".join(HEADINGS) + " |", file=out)
        print("|" + " --- |" * len(HEADINGS), file=out)
        for result in results:
            for line in cells(result):
                print("| " + " | ".join(cell.replace("|", "/").replace("\n", " ")
                                        for cell in line) + " |", file=out)


CSV_FIELDS = ("row", "figure", "unit", "better", "libzmq", "ours", "ratio", "ratio_min",
              "ratio_max", "target", "verdict", "pairs", "failure")


def write_csv(path, results):
    """One line per figure, CPU time and system calls included."""
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, CSV_FIELDS)
        writer.writeheader()
        for result in results:
            for line in result.lines() + [line for line in (result.cpu(),) if line]:
                writer.writerow({
                    "row": result.row.name,
                    "figure": line.metric.key,
                    "unit": line.metric.unit,
                    "better": line.metric.better,
                    "libzmq": line.reference,
                    "ours": line.ours,
                    "ratio": line.ratio,
                    "ratio_min": min(line.ratios, default=None),
                    "ratio_max": max(line.ratios, default=None),
                    "target": goal(line.metric),
                    "verdict": line.verdict(),
                    "pairs": len(result.pairs),
                    "failure": result.failure,
                })
            if result.calls:
                ours, reference = result.calls
                writer.writerow({"row": result.row.name, "figure": "system_calls_per_msg",
                                 "better": LESS, "libzmq": reference, "ours": ours})
            if result.failure and not result.pairs:
                writer.writerow({"row": result.row.name, "pairs": 0, "failure": result.failure})

"""Plots of the results; the only part that needs more than the standard library."""

import importlib.util
from pathlib import Path
from statistics import median

HOW_TO_INSTALL = ("plots need matplotlib: python3 -m pip install matplotlib, "
                  "or apt-get install python3-matplotlib")
PERCENTILES = (("p50", "50"), ("p90", "90"), ("p99", "99"), ("p999", "99.9"), ("max", "100"))
PANELS_PER_LINE = 3
LIBRARIES = (("libzmq", "tab:gray"), ("ours", "tab:blue"))


class PlotUnavailable(Exception):
    """matplotlib is not installed."""


def load_pyplot():
    """matplotlib with a backend that needs no display."""
    try:
        import matplotlib
    except ImportError:
        raise PlotUnavailable(HOW_TO_INSTALL) from None
    matplotlib.use("Agg")
    # The same figures give the same file.
    matplotlib.rcParams["svg.hashsalt"] = "bench"
    from matplotlib import pyplot
    return pyplot


def available():
    """Whether plots can be drawn."""
    return importlib.util.find_spec("matplotlib") is not None


def save(figure, folder, name, extension):
    """Writes one figure and forgets it."""
    figure.tight_layout()
    figure.savefig(Path(folder) / f"{name}.{extension}",
                   metadata={"Date": None} if extension == "svg" else None)
    figure.clear()


def grouped_bars(axes, labels, series):
    """Two bars per label, libzmq's and ours."""
    width = 0.4
    for offset, ((name, colour), values) in enumerate(zip(LIBRARIES, series)):
        axes.bar([position + (offset - 0.5) * width for position in range(len(labels))], values,
                 width, label=name, color=colour)
    axes.set_xticks(range(len(labels)), labels, rotation=30, ha="right", fontsize=7)
    axes.legend()
    axes.grid(axis="y", alpha=0.3)


def panels(pyplot, count):
    """A figure of so many panels."""
    columns = min(count, PANELS_PER_LINE)
    lines = -(-count // columns)
    figure, axes = pyplot.subplots(lines, columns, figsize=(4.5 * columns, 3.6 * lines),
                                   squeeze=False)
    for surplus in axes.flat[count:]:
        surplus.remove()
    return figure, axes.flat[:count]


def lines_by_size(pyplot, results, pick, heading, unit):
    """One panel per family of rows: a figure against the size of a message."""
    families = {}
    for result in results:
        if result.row.family and result.pairs and pick(result):
            families.setdefault(result.row.family, []).append(result)
    families = {name: rows for name, rows in families.items() if len(rows) > 1}
    if not families:
        return None
    figure, parts = panels(pyplot, len(families))
    for axes, (name, rows) in zip(parts, families.items()):
        rows.sort(key=lambda result: result.row.size)
        sizes = [result.row.size for result in rows]
        for (library, colour), attribute in zip(LIBRARIES, ("reference", "ours")):
            axes.plot(sizes, [getattr(pick(result), attribute) for result in rows], "o-",
                      label=library, color=colour)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_title(f"{heading}: {name}", fontsize=9)
        axes.set_xlabel("bytes per message")
        axes.set_ylabel(unit)
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def ratios(pyplot, results):
    """Every row's ratio with its spread and its target."""
    lines = [(result.row.name, line) for result in results for line in result.lines()[:1]
             if line.ratios]
    if not lines:
        return None
    figure, axes = pyplot.subplots(figsize=(8, 1 + 0.25 * len(lines)))
    for position, (_, line) in enumerate(lines):
        axes.plot([min(line.ratios), max(line.ratios)], [position, position], color="tab:blue",
                  alpha=0.4, linewidth=5)
        axes.plot(line.ratio, position, "o", color="tab:blue")
        if line.metric.target:
            axes.plot(line.metric.target, position, "|", color="tab:red", markersize=12)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(range(len(lines)), [name for name, _ in lines], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("ratio to libzmq, above 1 is better; red: target")
    axes.grid(axis="x", alpha=0.3)
    return figure


def latencies(pyplot, results):
    """One panel per latency row: its percentiles, as medians of the runs."""
    chosen = [result for result in results
              if result.row.name.startswith("lat/") and result.pairs]
    if not chosen:
        return None
    figure, parts = panels(pyplot, len(chosen))
    for axes, result in zip(parts, chosen):
        prefix = "lat" if "lat_p50_us" in result.pairs[0][0] else "round"
        for (library, colour), side in zip(LIBRARIES, (1, 0)):
            axes.plot([label for _, label in PERCENTILES],
                      [median(pair[side][f"{prefix}_{key}_us"] for pair in result.pairs)
                       for key, _ in PERCENTILES], "o-", label=library, color=colour)
        axes.set_yscale("log")
        axes.set_title(result.row.name, fontsize=9)
        axes.set_xlabel("percentile")
        axes.set_ylabel("us")
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def memory(pyplot, results):
    """Memory per connection on either side."""
    labels, series = [], ([], [])
    for result in results:
        for line in result.lines():
            if line.metric.unit == "KiB":
                side = line.metric.key.replace("_kib_", " ").replace("_", " ")
                labels.append(f"{result.row.name} {side}")
                series[0].append(line.reference)
                series[1].append(line.ours)
    if not labels:
        return None
    figure, axes = pyplot.subplots(figsize=(max(6, 0.7 * len(labels)), 5))
    grouped_bars(axes, labels, series)
    axes.set_ylabel("KiB")
    return figure


def write(folder, results, extension):
    """Draws what the results hold data for, and returns the names."""
    pyplot = load_pyplot()
    Path(folder).mkdir(parents=True, exist_ok=True)
    throughput = lines_by_size(pyplot, results, lambda result: (result.lines() or [None])[0],
                               "throughput", "msg/s")
    cpu = lines_by_size(pyplot, results, lambda result: result.cpu(), "CPU per message", "ns")
    figures = {"ratios": ratios(pyplot, results), "throughput": throughput, "cpu": cpu,
               "latency": latencies(pyplot, results), "memory": memory(pyplot, results)}
    for name, figure in figures.items():
        if figure:
            save(figure, folder, name, extension)
    return [f"{name}.{extension}" for name, figure in figures.items() if figure]

"""Plots of the results; the only part that needs more than the standard library."""

from pathlib import Path

HOW_TO_INSTALL = ("--plot needs matplotlib: python3 -m pip install matplotlib, "
                  "or apt-get install python3-matplotlib")
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
    from matplotlib import pyplot
    return pyplot


def save(figure, folder, name, extension):
    """Writes one figure and forgets it."""
    figure.tight_layout()
    figure.savefig(Path(folder) / f"{name}.{extension}")
    figure.clear()


def grouped_bars(axes, labels, series, logarithmic=False):
    """Two bars per label, libzmq's and ours."""
    width = 0.4
    for offset, ((name, colour), values) in enumerate(zip(LIBRARIES, series)):
        axes.bar([position + (offset - 0.5) * width for position in range(len(labels))], values,
                 width, label=name, color=colour)
    axes.set_xticks(range(len(labels)), labels, rotation=30, ha="right", fontsize=7)
    if logarithmic:
        axes.set_yscale("log")
    axes.legend()
    axes.grid(axis="y", alpha=0.3)


def lines_by_size(pyplot, results, pick, heading, unit):
    """One panel per family of rows: a figure against the size of a message."""
    families = {}
    for result in results:
        if result.row.family and result.pairs and pick(result):
            families.setdefault(result.row.family, []).append(result)
    families = {name: rows for name, rows in families.items() if len(rows) > 1}
    if not families:
        return None
    figure, panels = pyplot.subplots(1, len(families), figsize=(4.5 * len(families), 4),
                                     squeeze=False)
    for axes, (name, rows) in zip(panels[0], families.items()):
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
    """The percentiles of every latency row."""
    labels, series = [], ([], [])
    for result in results:
        if not result.row.name.startswith("lat/") or not result.pairs:
            continue
        ours, reference = result.pairs[len(result.pairs) // 2]
        prefix = "lat" if "lat_p50_us" in ours else "round"
        for percentile in ("p50", "p99", "p999"):
            key = f"{prefix}_{percentile}_us"
            labels.append(f"{result.row.name[4:]} {percentile}")
            series[0].append(reference[key])
            series[1].append(ours[key])
    if not labels:
        return None
    figure, axes = pyplot.subplots(figsize=(max(6, 0.35 * len(labels)), 5))
    grouped_bars(axes, labels, series, logarithmic=True)
    axes.set_ylabel("us")
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

"""The figures: each function draws one, or returns None where the results hold nothing for it."""

from statistics import median

from .growth import curves

PANELS_PER_LINE = 3
FEW_POWERS = 40
TITLES = {"thr/tcp/buffer": "tcp, zmq_send and zmq_recv", "thr/tcp/msg": "tcp, zmq_msg_*",
          "thr/ipc/buffer": "ipc, zmq_send and zmq_recv",
          "thr/inproc/buffer": "inproc, zmq_send and zmq_recv"}
# Rows whose distribution is drawn.
DISTRIBUTIONS = (("lat/tcp/64B", "tcp"), ("lat/ipc/64B", "ipc"), ("lat/inproc/64B", "inproc"),
                 ("lat/tcp/64B/one-core", "tcp, all on one core"),
                 ("lat/tcp/64B/busy", "tcp, cores busy otherwise"),
                 ("lat/tcp/64B/pause-1ms", "tcp, a request each millisecond"))
PERCENTILES = (("p10", 10), ("p25", 25), ("p50", 50), ("p75", 75), ("p90", 90), ("p95", 95),
               ("p99", 99), ("p999", 99.9), ("p9999", 99.99))
PERCENTILE_TICKS = (50, 90, 99, 99.9, 99.99)
MEMORY_BARS = (("server_kib_per_connection", "server,\nidle"),
               ("client_kib_per_connection", "client,\nidle"),
               ("server_kib_after_traffic", "server,\nafter traffic"),
               ("client_kib_after_traffic", "client,\nafter traffic"))
SIZE_TICKS = ((16, "16"), (64, "64"), (256, "256"), (1 << 10, "1K"), (8 << 10, "8K"),
              (64 << 10, "64K"), (1 << 20, "1M"))


def sides(theme):
    """Name, colour and place in a pair of the two libraries."""
    return (("libzmq 4.3.5", theme.libzmq, 1), ("oxmq", theme.ours, 0))


def panels(pyplot, count, columns=PANELS_PER_LINE):
    """A figure of so many panels."""
    columns = min(count, columns)
    lines = -(-count // columns)
    figure, axes = pyplot.subplots(lines, columns, figsize=(3.6 * columns, 2.9 * lines),
                                   squeeze=False, layout="constrained")
    for surplus in axes.flat[count:]:
        surplus.remove()
    return figure, list(axes.flat[:count])


def legend(figure, axes):
    """One legend for all panels, above them."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))


def plain_log_ticks(axis, unit=""):
    """1, 10, 100 and 10 k, with s as the unit 10 ns, instead of powers; 20 and 50 where there is
    room."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < low * FEW_POWERS else (1,)))
    axis.set_major_formatter(EngFormatter(unit=unit, sep=" "))
    axis.set_minor_locator(NullLocator())


def by_size(pyplot, theme, results, pick, label_of_figure, unit="", factor=1, ratio_below=False):
    """One panel per family of rows: a figure against the size of a message, and the ratio on the
    far side of our curve."""
    families = {}
    for result in results:
        if result.row.family in TITLES and result.pairs and pick(result):
            families.setdefault(result.row.family, []).append(result)
    families = {name: rows for name, rows in families.items() if len(rows) > 1}
    if not families:
        return None
    figure, parts = panels(pyplot, len(families), columns=2)
    for axes, (name, rows) in zip(parts, families.items()):
        rows.sort(key=lambda result: result.row.size)
        lines = [pick(result) for result in rows]
        sizes = [result.row.size for result in rows]
        for (label, colour, _), attribute in zip(sides(theme), ("reference", "ours")):
            axes.plot(sizes, [getattr(line, attribute) * factor for line in lines], "o-",
                      label=label, color=colour)
        for size, line in zip(sizes, lines):
            axes.annotate(f"{line.ratio:.1f}x", (size, line.ours * factor),
                          xytext=(0, -6 if ratio_below else 6), textcoords="offset points",
                          ha="center", va="top" if ratio_below else "bottom", fontsize=7,
                          color=theme.ours)
        axes.set_xscale("log", base=2)
        axes.set_xticks([tick for tick, _ in SIZE_TICKS], [text for _, text in SIZE_TICKS])
        axes.set_yscale("log")
        axes.margins(y=0.15)
        plain_log_ticks(axes.yaxis, unit)
        axes.set_title(TITLES[name])
        axes.set_xlabel("bytes per message")
        axes.set_ylabel(label_of_figure)
    legend(figure, parts[0])
    return figure


def throughput(pyplot, theme, results):
    """Messages per second against size."""
    return by_size(pyplot, theme, results, lambda result: (result.lines() or [None])[0],
                   "messages per second")


def cpu(pyplot, theme, results):
    """CPU time per message against size."""
    return by_size(pyplot, theme, results, lambda result: result.cpu(),
                   "CPU time per message, both sides", "s", 1e-9, ratio_below=True)


def latency(pyplot, theme, results):
    """Percentiles: the median of the runs as a line, all of them as a band."""
    by_name = {result.row.name: result for result in results if result.pairs}
    chosen = [(by_name[name], title) for name, title in DISTRIBUTIONS if name in by_name]
    if not chosen:
        return None

    def place(percent):
        return 100 / (100 - percent)

    figure, parts = panels(pyplot, len(chosen))
    for axes, (result, title) in zip(parts, chosen):
        # Beyond that a run has no sample of its own for it.
        known = [(f"lat_{key}_us", place(percent)) for key, percent in PERCENTILES
                 if place(percent) <= result.row.count]
        places = [where for _, where in known]
        for label, colour, side in sides(theme):
            runs = [[pair[side][key] / 1e6 for pair in result.pairs] for key, _ in known]
            axes.plot(places, [median(values) for values in runs], "o-", label=label, color=colour)
            axes.fill_between(places, [min(values) for values in runs],
                              [max(values) for values in runs], color=colour, alpha=0.2,
                              linewidth=0)
        axes.set_xscale("log")
        axes.set_yscale("log")
        ticks = [percent for percent in PERCENTILE_TICKS if place(percent) <= places[-1]]
        axes.set_xticks([place(percent) for percent in ticks],
                        [f"{percent:g}" for percent in ticks])
        axes.set_xticks([], minor=True)
        plain_log_ticks(axes.yaxis, "s")
        axes.set_title(title)
        axes.set_xlabel("percentile")
        axes.set_ylabel("one way")
    legend(figure, parts[0])
    return figure


def memory(pyplot, theme, results):
    """Memory per connection on either side."""
    chosen = [result for result in results if result.row.family == "connections" and result.pairs]
    if not chosen:
        return None
    figure, parts = panels(pyplot, len(chosen))
    width = 0.38
    for axes, result in zip(parts, chosen):
        for index, (label, colour, side) in enumerate(sides(theme)):
            values = [median(pair[side][key] for pair in result.pairs) for key, _ in MEMORY_BARS]
            bars = axes.bar([place + (index - 0.5) * width for place in range(len(values))],
                            values, width, label=label, color=colour)
            axes.bar_label(bars, fmt="%.0f", fontsize=7, color=theme.text, padding=1)
        axes.set_xticks(range(len(MEMORY_BARS)), [text for _, text in MEMORY_BARS], fontsize=7)
        axes.grid(axis="x", visible=False)
        axes.set_title(f"{result.row.size:,} connections")
        axes.set_ylabel("KiB per connection")
    legend(figure, parts[0])
    return figure


def scale(pyplot, theme, results):
    """What one costs against how many there are."""
    found = list(curves(results))
    if not found:
        return None
    figure, parts = panels(pyplot, len(found))
    for axes, curve in zip(parts, found):
        numbers = [point[0] for point in curve.points]
        for (label, colour, _), column in zip(sides(theme), (1, 2)):
            axes.plot(numbers, [point[column] for point in curve.points], "o-", label=label,
                      color=colour)
        axes.set_xscale("log")
        axes.set_yscale("log")
        # A factor of ten at least, so that what is flat looks flat.
        low, high = axes.get_ylim()
        middle = (low * high) ** 0.5
        axes.set_ylim(min(low, middle / 10 ** 0.75), max(high, middle * 10 ** 0.75))
        plain_log_ticks(axes.xaxis)
        plain_log_ticks(axes.yaxis, "s" if curve.cost.unit == "s" else "")
        axes.set_title(curve.cost.name)
        if curve.cost.unit != "s":
            axes.set_ylabel(curve.cost.unit)
    legend(figure, parts[0])
    return figure


def ratios(pyplot, theme, lines):
    """Ratio, spread and target: names with their lines."""
    lines = [(name, line) for name, line in lines if line.ratios]
    if not lines:
        return None
    figure, axes = pyplot.subplots(figsize=(8, 1 + 0.2 * len(lines)), layout="constrained")
    for place, (_, line) in enumerate(lines):
        axes.plot([min(line.ratios), max(line.ratios)], [place, place], color=theme.ours, alpha=0.4,
                  linewidth=5, solid_capstyle="round")
        axes.plot(line.ratio, place, "o", color=theme.ours)
        if line.metric.target != 1:
            axes.plot(line.metric.target, place, "|", color=theme.target, markersize=11,
                      markeredgewidth=2)
    axes.axvline(1, color=theme.text, linewidth=0.8)
    axes.set_xscale("log")
    plain_log_ticks(axes.xaxis)
    axes.set_yticks(range(len(lines)), [name for name, _ in lines], fontsize=7)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlabel("times as good as libzmq, with the spread of the pairs; red: what must be "
                    "reached, else 1")
    return figure


def target_ratios(pyplot, theme, results):
    """The ratios of the speed table."""
    return ratios(pyplot, theme, [
        (f"{result.row.name} {line.metric.key}", line) for result in results
        if "targets" in result.row.groups for line in result.lines()
        if (line.metric.target or 0) > 1])


def busy_ratios(pyplot, theme, results):
    """The ratios on a busy machine."""
    return ratios(pyplot, theme, [(result.row.name, line) for result in results
                                  if result.row.busy for line in result.lines()[:1]])


FIGURES = {"ratios": target_ratios, "throughput": throughput, "cpu": cpu, "latency": latency,
           "memory": memory, "scale": scale, "busy": busy_ratios}

"""The document of a whole measurement: tables by area, plots, the machine, the commands."""

import subprocess
import time
from pathlib import Path

from . import plot, report
from .programs import ROOT

# A heading, how the names of its rows begin, and what is to be known about them.
AREAS = (
    ("Throughput", ("thr/",),
     "PUSH to PULL between two processes, over inproc between two threads. `/msg` rows pass\n"
     "`zmq_msg_t`, the others use `zmq_send` and `zmq_recv`."),
    ("Latency", ("lat/",),
     "Half of a round trip of a request and its answer. `one-core` rows keep all threads on one\n"
     "core; `busy` rows run beside a computing process on every core. CPU time is per round trip."),
    ("Patterns", ("router/", "fanout/", "proxy/"),
     "ROUTER to ROUTER with several clients, PUB to several SUB, and `zmq_proxy`."),
    ("Scale and memory",
     ("poll/", "connections/", "sockets", "subscriptions/", "msg/"),
     "What grows with sockets, connections and subscriptions, and what single things cost. Memory\n"
     "is what the resident set grows by. The figures of idle connections are bounds on ours."),
    ("libzmq's own programs", ("upstream/",),
     "As libzmq's build makes them, loading either library. CPU time includes the start of the\n"
     "processes."),
)
PLOTS = (("throughput", "Throughput against size"), ("cpu", "CPU time per message against size"),
         ("latency", "Distribution of latency"), ("memory", "Memory per connection"),
         ("ratios", "All ratios, with spread and target"))
COLUMNS = ("row", "figure", "libzmq", "ours", "ratio", "spread", "target", "CPU libzmq",
           "CPU ours", "CPU ratio", "CPU target", "calls libzmq", "calls ours")


def folder_of_plots(path):
    """docs/performance for docs/PERFORMANCE.md."""
    return path.with_name(path.stem.lower())


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
    name = result.row.name
    for line in result.lines():
        unit = line.metric.unit
        ours, ratio = report.human(line.ours, unit), report.factor(line.ratio)
        if line.metric.limit is not None:
            ours = reached(line, ours)
        else:
            ratio = reached(line, ratio)
        yield [name, line.metric.key, report.human(line.reference, unit), ours, ratio,
               report.spread(line), report.goal(line.metric), *shared]
        name, shared = "", [""] * 6
    if result.failure:
        yield [name, "**failed**", result.failure.replace("|", "/").replace("\n", " ")] + [""] * 10


def table(results):
    """A Markdown table, without the columns that nothing stands in."""
    lines = [cells for result in results for cells in row_cells(result)]
    used = [column for column in range(len(COLUMNS)) if any(cells[column] for cells in lines)]
    yield "| " + " | ".join(COLUMNS[column] for column in used) + " |"
    yield "|" + "".join(" --- |" if column < 2 else " ---: |" for column in used)
    for cells in lines:
        yield "| " + " | ".join(cells[column] for column in used) + " |"


def state_of_sources():
    """The commit that was measured, where git can tell."""
    def git(*arguments):
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    try:
        commit = git("rev-parse", "--short", "HEAD")
        changed = commit and git("status", "--porcelain", "--", "src", "Cargo.toml", "Cargo.lock")
    except FileNotFoundError:
        return None
    return f"{commit}, with changes" if changed else commit


def circumstances(described):
    """When, where, and what of."""
    entries = [*described, ("Date", time.strftime("%Y-%m-%d"))]
    commit = state_of_sources()
    if commit:
        entries.append(("Commit", commit))
    yield from (f"- {name}: {value}" for name, value in entries)


def summary(results, short):
    """How many targets there are, and which are missed."""
    lines = [line for result in results for line in result.lines() + [result.cpu()] if line]
    goals = sum(1 for line in lines if line.verdict())
    yield f"{len(results)} rows with {goals} targets. " + (
        "These are not reached:" if short else "All are reached.")
    if short:
        yield ""
        yield from (f"- {text}" for text in short)


def page(results, options, described, short, plots):
    """All lines of the document."""
    yield "# Performance"
    yield ""
    yield "Written by `./dev bench`; changes made by hand are lost when it runs again."
    yield ""
    yield from summary(results, short)
    yield ""
    yield (f"Each figure is the median of {options.pairs} runs with libzmq 4.3.5 (Release, drafts, "
           "libsodium) and as many\nwith this library, in turn. A ratio is the median of the "
           "pairs' ratios, and above 1 where this\nlibrary is better; its spread is the smallest "
           "and the largest of a pair. CPU time is that of both\nsides together, user and system, "
           "per message. Calls are system calls per message, counted by\nstrace in runs of their "
           "own, as tracing slows a program down. Bold: below the target.")
    if options.scale != 1:
        yield ""
        yield f"**A try with {options.scale:g} times as many messages as a measurement has.**"
    for heading, prefixes, about in AREAS:
        chosen = [result for result in results if result.row.name.startswith(prefixes)]
        if chosen:
            yield from ("", f"## {heading}", "", about, "")
            yield from table(chosen)
    if plots:
        yield from ("", "## Plots")
        for name, caption in PLOTS:
            if name in plots:
                yield from ("", f"![{caption}]({plots[name]})")
    yield from ("", "## Machine", "")
    yield from circumstances(described)
    yield from ("", "## Commands", "", "```")
    yield "./dev bench          # all of this, on a machine that is otherwise idle"
    yield "./dev bench ROW...   # these rows, without writing; perf/compare --list tells them all"
    yield "```"
    yield ""
    yield "What each row runs, with either library in `LD_LIBRARY_PATH`:"
    yield from ("", "| row | programs |", "| --- | --- |")
    for result in results:
        row = result.row
        commands = [" ".join(command).format(count=row.count, endpoint="ENDPOINT")
                    for command in (row.command, row.remote) if command]
        yield f"| {row.name} | " + " and ".join(f"`{command}`" for command in commands) + " |"


def prepare(path):
    """Makes the folders, so that what cannot be written is known before anything is measured."""
    folder_of_plots(path).mkdir(parents=True, exist_ok=True)
    if not plot.available():
        print(f"{path.name} will be without plots: {plot.HOW_TO_INSTALL}")


def write(path, results, options, described):
    """Writes the document, and beside it a folder with the figures as CSV and the plots."""
    folder = folder_of_plots(path)
    report.write_csv(folder / "figures.csv", results)
    for name, _ in PLOTS:
        # What is not drawn anew would show figures of another time.
        (folder / f"{name}.svg").unlink(missing_ok=True)
    plots = {}
    if plot.available():
        plots = {Path(name).stem: f"{folder.name}/{name}"
                 for name in plot.write(folder, results, "svg")}
    short = [text for result in results for text in result.shortfalls(True, None)]
    lines = page(results, options, described, short, plots)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"\nwrote {path}")

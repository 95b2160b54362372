"""The command line of `compare`."""

import argparse
import signal
import sys
from pathlib import Path

from . import document, growth, machine, plot, report, rows
from .calls import CallsNotCounted, counter
from .library import Library, LibraryError
from .measure import measure
from .programs import ROOT, find_programs
from .runner import Runner
from .store import Store, StoreError

# What the document is written from where it is not said.
RESULTS = ROOT / "build" / "bench" / "results.jsonl"


def parser():
    """All arguments."""
    groups = "\n".join(f"  {name:<10} {about}" for name, about in rows.GROUPS.items())
    arguments = argparse.ArgumentParser(
        prog="perf/compare", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs the programs of perf/ with two builds of libzmq.so.5 in turn and prints\n"
                    "medians, and the median and the spread of the ratios. A ratio above 1 means\n"
                    "that ours is better.",
        epilog=f"A ROW is a name of --list, a shell pattern of names, or a group:\n{groups}\n\n"
               "In the exit status: 1 for a row that failed or fell short, 2 for wrong use.")
    add = arguments.add_argument
    add("rows", nargs="*", metavar="ROW", default=["main"], help="rows to measure (main)")
    add("--list", action="store_true", help="list the rows with their targets and stop")
    add("--ours", metavar="DIR", help="folder of our libzmq.so.5 (or of cargo's libzmq.so)")
    add("--reference", metavar="DIR", help="folder of libzmq's libzmq.so.5")
    add("--bin", metavar="DIR", help="folder of the programs")
    add("--upstream-bin", metavar="DIR", help="folder of libzmq's own perf programs")
    add("--pairs", type=int, default=5, metavar="N", help="runs with either library (5)")
    add("--most", type=int, metavar="N",
        help="up to so many where a target lies within the middle half of the ratios (--pairs)")
    add("--scale", type=float, default=1, metavar="X", help="times as many messages (1)")
    add("--timeout", type=float, metavar="S", help="seconds after which a run has failed")
    add("--one-core", action="store_true", help="keep every row on one core")
    add("--busy", action="store_true", help="measure beside a busy process per core")
    add("--system-calls", action="store_true", help="also count system calls, with perf or strace")
    add("--csv", metavar="FILE", help="write the figures as CSV")
    add("--markdown", metavar="FILE", help="write the table as Markdown")
    add("--plot", metavar="DIR", help="write plots (needs matplotlib)")
    add("--plot-format", choices=("svg", "png"), default="svg", help="of the plots (svg)")
    add("--check", action="store_true", help="fail where a row is below its target")
    add("--check-floor", type=float, nargs="?", const=1.0, metavar="R",
        help="fail where a ratio is below R (1) times the row's floor, which is 1, and 2 for "
        "64-byte messages over tcp")
    add = arguments.add_argument_group(
        "the document", "A page of tables by area, and beside it a folder of the same name with the "
        "figures and, where\nmatplotlib is installed, plots; written from a file of results that "
        "grows with each row.").add_argument
    add("--document", metavar="FILE", type=Path, help="write it")
    add("--results", metavar="FILE", type=Path, 
        help="the file of results (build/bench/results.jsonl)")
    add("--continue", action="store_true", dest="go_on",
        help="measure only the rows that the results do not have yet")
    add("--again", action="store_true", help="measure these rows anew, and keep the others")
    add("--document-only", action="store_true", help="measure nothing")
    add("--profile", metavar="FILE", type=Path, help="what perf/profile wrote, for the document")
    return arguments


def list_rows(selected):
    """The rows and what they must reach."""
    for row in selected:
        goals = [f"{metric.key} {report.goal(metric)}" for metric in row.metrics
                 if report.goal(metric)]
        if row.cpu_target:
            goals.append(f"CPU {row.cpu_target:g}")
        membership = ",".join(sorted(row.groups - {"all"}))
        print(f"{row.name:<38} {membership:<14} {'; '.join(goals)}".rstrip())


def verify_programs(runner, selected, libraries):
    """Every program must load the library that it is said to measure."""
    programs = {runner.program(row, command[0]) for row in selected
                for command in (row.command, row.remote) if command}
    for program in sorted(programs):
        if not program.exists():
            raise LibraryError(f"{program} is missing")
        for library in libraries:
            library.verify(program)


def check_use(options, selected):
    """Refuses what makes no sense, before anything is measured."""
    if not options.ours or not options.reference:
        raise LibraryError("--ours and --reference are needed")
    if options.pairs < 1 or options.most < options.pairs or not options.scale > 0:
        raise LibraryError("--pairs is at least 1, --most no less, --scale above 0")
    if any(row.upstream for row in selected) and not options.upstream_bin:
        raise LibraryError("rows of libzmq's own programs need --upstream-bin")
    if options.results and (options.one_core or options.busy):
        raise LibraryError("the document has rows of its own for one core and for busy ones")
    if options.plot:
        plot.load_pyplot()


def open_store(options):
    """The file of results, with what it has already where that is to be kept; or None."""
    if not options.results:
        return None
    store = Store(options.results)
    how = {"pairs": options.pairs, "most": options.most, "scale": options.scale}
    if options.document_only or options.again or options.go_on and options.results.exists():
        store.load()
        if any(name not in store.head for name in how):
            raise StoreError(f"{options.results} was written by an older version")
        if not options.document_only and any(store.head[name] != how[name] for name in how):
            raise StoreError(f"{options.results} has results of other --pairs, --most or --scale")
    else:
        store.begin({"machine": machine.details(), **how})
    return store


def measure_all(selected, options, store):
    """Measures the rows, prints each when it is done, and returns the results."""
    ours = Library("ours", options.ours)
    reference = Library("libzmq", options.reference)
    runner = Runner(find_programs(options.bin), options.upstream_bin)
    verify_programs(runner, selected, (ours, reference))
    calls = counter() if options.system_calls else None

    print(f"machine: {machine.describe(machine.details())}")
    print(f"ours:    {ours.path}\nlibzmq:  {reference.path}")
    more = f" and up to {options.most} where that is close" if options.most > options.pairs else ""
    print(f"{len(selected)} rows, {options.pairs} pairs each{more}, CPU time per message\n", flush=True)
    terminal = report.Terminal(sys.stdout)
    terminal.heading()
    results = []
    for row in selected:
        row = rows.modified(row, options.scale, options.timeout, options.one_core, options.busy)
        results.append(measure(runner, row, ours, reference, options.pairs, options.most, calls))
        terminal.row(results[-1])
        if store:
            store.add(results[-1])
    return results


def write_files(options, results):
    """What was asked for beside the table."""
    if options.csv:
        report.write_csv(options.csv, results)
    if options.markdown:
        report.write_markdown(options.markdown, machine.describe(machine.details()), results)
    if options.plot:
        plot.write(options.plot, results, options.plot_format)


def run(options):
    """The whole job; the exit status."""
    if options.most is None:
        options.most = options.pairs
    selected = rows.select(options.rows)
    if options.list:
        list_rows(selected if options.rows != ["main"] else rows.ROWS)
        return 0
    if options.document or options.go_on or options.again or options.document_only:
        options.results = options.results or RESULTS
    if options.document:
        document.prepare(options.document)
    if not options.document_only:
        check_use(options, selected)
    store = open_store(options)
    if options.go_on:
        selected = [row for row in selected if row.name not in store.results]
    results = []
    if selected and not options.document_only:
        results = measure_all(selected, options, store)
        write_files(options, results)
    if options.document:
        document.write(options.document, store, options.profile)
        results = store.in_order()
    shortfalls = [text for result in results
                  for text in result.shortfalls(options.check, options.check_floor)]
    if options.check:
        shortfalls += growth.shortfalls(results)
    if shortfalls:
        print("\n" + "\n".join(shortfalls))
    return 1 if shortfalls else 0


def main():
    """Runs the command line and returns the exit status."""
    options = parser().parse_args()
    # So that what is running is ended in this case too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(options)
    except rows.UnknownRow as unknown:
        print(f"compare: no row matches {unknown}; --list lists them", file=sys.stderr)
    except (LibraryError, StoreError, plot.PlotUnavailable, CallsNotCounted, OSError) as problem:
        print(f"compare: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("compare: interrupted", file=sys.stderr)
        return 130
    return 2

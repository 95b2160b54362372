"""The command line of `compare`."""

import argparse
import sys
from pathlib import Path

from . import document, machine, plot, report, rows
from .library import Library, LibraryError
from .programs import find_programs
from .result import Result
from .runner import Runner, RunFailed, find_strace


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
    add("--scale", type=float, default=1, metavar="X", help="times as many messages (1)")
    add("--timeout", type=float, metavar="S", help="seconds after which a run has failed")
    add("--one-core", action="store_true", help="keep every row on one core")
    add("--busy", action="store_true", help="measure beside a busy process per core")
    add("--system-calls", action="store_true", help="also count system calls, with strace")
    add("--csv", metavar="FILE", help="write the figures as CSV")
    add("--markdown", metavar="FILE", help="write the table as Markdown")
    add("--document", metavar="FILE", type=Path,
        help="write a document of tables by area, and beside it a folder of the same name with "
        "the figures and, where matplotlib is installed, plots")
    add("--plot", metavar="DIR", help="write plots (needs matplotlib)")
    add("--plot-format", choices=("svg", "png"), default="svg", help="of the plots (svg)")
    add("--check", action="store_true", help="fail where a row is below its target")
    add("--check-floor", type=float, nargs="?", const=1.0, metavar="R",
        help="fail where a ratio is below R (1) times the row's floor, which is 1, and 2 for "
        "64-byte messages over tcp")
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


def measure(runner, row, ours, reference, options):
    """All pairs of one row; a failure ends it and is part of the result."""
    result = Result(row)
    library = reference
    try:
        for _ in range(options.pairs):
            figures = []
            for library in (reference, ours):
                figures.append(runner.run(row, library))
            result.pairs.append((figures[1], figures[0]))
        # Where CPU time per message has a meaning, system calls have.
        if options.system_calls and row.cpu:
            calls = []
            for library in (ours, reference):
                calls.append(runner.system_calls(row, library))
            result.calls = tuple(calls)
    except RunFailed as failure:
        result.failure = f"with {library.name}, pair {len(result.pairs) + 1}: {failure}"
    return result


def run(options):
    """The whole job; the exit status."""
    selected = rows.select(options.rows)
    if options.list:
        list_rows(selected if options.rows != ["main"] else rows.ROWS)
        return 0
    if not options.ours or not options.reference:
        raise LibraryError("--ours and --reference are needed")
    if options.pairs < 1 or not options.scale > 0:
        raise LibraryError("--pairs is at least 1, --scale above 0")
    if any(row.upstream for row in selected) and not options.upstream_bin:
        raise LibraryError("rows of libzmq's own programs need --upstream-bin")
    if options.plot:
        plot.load_pyplot()
    if options.document:
        document.prepare(options.document)
    if options.system_calls:
        find_strace()
    ours = Library("ours", options.ours)
    reference = Library("libzmq", options.reference)
    runner = Runner(find_programs(options.bin), options.upstream_bin)
    verify_programs(runner, selected, (ours, reference))

    details = machine.details()
    description = machine.describe(details)
    print(f"machine: {description}")
    print(f"ours:    {ours.path}\nlibzmq:  {reference.path}")
    print(f"{len(selected)} rows, {options.pairs} pairs each, CPU time per message\n", flush=True)
    terminal = report.Terminal(sys.stdout)
    terminal.heading()
    results = []
    for row in selected:
        row = rows.modified(row, options.scale, options.timeout, options.one_core, options.busy)
        results.append(measure(runner, row, ours, reference, options))
        terminal.row(results[-1])

    if options.csv:
        report.write_csv(options.csv, results)
    if options.markdown:
        report.write_markdown(options.markdown, description, results)
    if options.plot:
        plot.write(options.plot, results, options.plot_format)
    if options.document:
        document.write(options.document, results, options, details)
    shortfalls = [text for result in results
                  for text in result.shortfalls(options.check, options.check_floor)]
    if shortfalls:
        print("\n" + "\n".join(shortfalls))
    return 1 if shortfalls else 0


def main():
    """Runs the command line and returns the exit status."""
    options = parser().parse_args()
    try:
        return run(options)
    except rows.UnknownRow as unknown:
        print(f"compare: no row matches {unknown}; --list lists them", file=sys.stderr)
    except (LibraryError, plot.PlotUnavailable, RunFailed, OSError) as problem:
        print(f"compare: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("compare: interrupted", file=sys.stderr)
        return 130
    return 2

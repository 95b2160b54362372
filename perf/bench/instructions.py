"""Instructions per message, counted by callgrind: a figure that a busy machine does not change, and
so a gate.

One thread sends a batch and receives it (hop_bench). Twice as many messages need twice as many
instructions, plus what starting needs; the difference of two runs is free of that.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .library import Library, LibraryError
from .programs import find_programs

BOUNDS = Path(__file__).resolve().parents[1] / "instructions.bounds"
RUNS = 3
# What `--update` adds to a figure. Over tcp a message's share of a flush depends on the clock, and
# on what else the machine does.
MARGINS = {"inproc": 1.05, "tcp": 1.15}
LINE = re.compile(r"^\s*([\d,]+) \([^)]*\)\s+(?:\S*:)?(zmq_\w+|PROGRAM TOTALS)")
# The calls that a message passes through on its way out and in.
CALLS = {
    "buffer": (("zmq_send",), ("zmq_recv",)),
    "msg": (("zmq_msg_init_size", "zmq_msg_send"), ("zmq_msg_recv",)),
}
COLUMNS = ("out", "in", "all")


class CountFailed(Exception):
    """valgrind is missing, or the program did not run under it."""


@dataclass(frozen=True)
class Case:
    """One way of a message."""

    transport: str
    size: int
    api: str

    @property
    def name(self):
        """As it stands in the table of bounds."""
        return f"{self.transport}/{self.size}/{self.api}"


CASES = tuple(Case(transport, size, api)
              for transport in ("inproc", "tcp")
              for size, api in ((16, "buffer"), (64, "buffer"), (64, "msg"), (1024, "buffer")))


def count_once(program, library, case, messages):
    """Instructions inside each function of the API, and of the whole program."""
    valgrind, annotate = shutil.which("valgrind"), shutil.which("callgrind_annotate")
    if not valgrind or not annotate:
        raise CountFailed("valgrind is not installed (apt-get install valgrind)")
    with tempfile.TemporaryDirectory(prefix="instructions-") as folder:
        out = Path(folder) / "callgrind.out"
        command = [valgrind, "-q", "--tool=callgrind", f"--callgrind-out-file={out}", str(program),
                   "-t", case.transport, "-s", str(case.size), "--api", case.api, "-n",
                   str(messages), "--kv"]
        try:
            done = subprocess.run(command, env=library.environment(), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            raise CountFailed(f"{case.name} did not end in time with {library.name}") from None
        if done.returncode:
            raise CountFailed(f"{case.name} failed with {library.name}: {done.stdout.strip()}")
        listing = subprocess.run([annotate, "--inclusive=yes", "--threshold=100", str(out)],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                 check=True).stdout
    counts = {}
    for line in listing.splitlines():
        found = LINE.match(line)
        if found:
            counts.setdefault(found.group(2), int(found.group(1).replace(",", "")))
    return counts


def count(program, library, case, messages):
    """Instructions per message: inside the calls out, inside those in, and everywhere."""
    def typical(factor):
        # Now and then a run waits for the connection, or for a thread, in a loop of its own; or its
        # chunks grow because the reader once fell back. Neither may stand for all in a difference.
        runs = [count_once(program, library, case, messages * factor) for _ in range(RUNS)]
        return {name: median(run.get(name, 0) for run in runs) for name in runs[0]}

    def per_message(names):
        missing = [name for name in names if not twice.get(name)]
        if missing:
            raise CountFailed(f"{case.name}: callgrind saw no {', '.join(missing)}")
        return sum(twice[name] - once.get(name, 0) for name in names) / messages

    once, twice = typical(1), typical(2)
    outward, inward = CALLS[case.api]
    return per_message(outward), per_message(inward), per_message(("PROGRAM TOTALS",))


def read_bounds(path):
    """The table of bounds: case, then a bound per column; `#` starts a comment."""
    bounds = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words:
            bounds[words[0]] = tuple(float(word) for word in words[1:])
    return bounds


def with_margin(case, figures):
    """The bounds that today's figures give."""
    return tuple(round(figure * MARGINS[case.transport]) for figure in figures)


def write_bounds(path, bounds):
    """Writes the table under the comment that heads the file."""
    comment = [line for line in path.read_text(encoding="utf-8").splitlines()
               if line.startswith("#")] if path.exists() else []
    lines = [f"{name:<20}" + "".join(f"{bound:>8.0f}" for bound in row)
             for name, row in bounds.items()]
    path.write_text("\n".join(comment + lines) + "\n", encoding="utf-8")


def excesses(figures, bounds):
    """What is above its bound, or has none."""
    for name, row in figures.items():
        if name not in bounds:
            yield f"{name} has no bound; --update writes it"
            continue
        for column, figure, bound in zip(COLUMNS, row, bounds[name]):
            if figure > bound:
                yield f"{name}: {figure:.0f} instructions {column}, the bound is {bound:.0f}"


def parser():
    """All arguments."""
    arguments = argparse.ArgumentParser(
        prog="perf/instructions", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Counts with callgrind how many instructions a message needs inside the\n"
                    "calls that send it, inside those that receive it, and in the whole program\n"
                    "(I/O threads and the loop included).")
    add = arguments.add_argument
    add("cases", nargs="*", metavar="CASE", help="cases, of: " + " ".join(
        case.name for case in CASES))
    add("--ours", required=True, metavar="DIR", help="folder of the libzmq.so.5 to count")
    add("--reference", metavar="DIR", help="folder of another to print beside it")
    add("--bin", metavar="DIR", help="folder of the programs")
    add("--messages", type=int, default=5_000, metavar="N", help="messages of the first run")
    add("--bounds", type=Path, default=BOUNDS, metavar="FILE", help="the table of bounds")
    add("--check", action="store_true", help="fail where a figure is above its bound")
    add("--update", action="store_true", help="write the bounds anew from today's figures")
    return arguments


def run(options):
    """The whole job; the exit status."""
    cases = [case for case in CASES if not options.cases or case.name in options.cases]
    unknown = set(options.cases) - {case.name for case in CASES}
    if unknown:
        raise CountFailed(f"no case {', '.join(sorted(unknown))}")
    ours = Library("ours", options.ours)
    reference = Library("the reference", options.reference) if options.reference else None
    program = find_programs(options.bin) / "hop_bench"
    for library in filter(None, (ours, reference)):
        library.verify(program)

    print(f"{'instructions per message':<26}" + "".join(f"{name:>8}" for name in COLUMNS)
          + ("".join(f"{name:>12}" for name in COLUMNS) + "  (reference)" if reference else ""))
    figures = {}
    for case in cases:
        figures[case.name] = count(program, ours, case, options.messages)
        line = f"{case.name:<26}" + "".join(f"{value:>8.0f}" for value in figures[case.name])
        if reference:
            line += "".join(f"{value:>12.0f}"
                            for value in count(program, reference, case, options.messages))
        print(line, flush=True)
    if options.update:
        bounds = read_bounds(options.bounds) if options.bounds.exists() else {}
        bounds.update((case.name, with_margin(case, figures[case.name])) for case in cases)
        write_bounds(options.bounds, bounds)
    if options.check:
        found = list(excesses(figures, read_bounds(options.bounds)))
        print("\n".join(found) or "nothing is above its bound")
        return 1 if found else 0
    return 0


def main():
    """Runs the command line and returns the exit status."""
    options = parser().parse_args()
    try:
        return run(options)
    except (CountFailed, LibraryError, OSError) as problem:
        print(f"instructions: {problem}", file=sys.stderr)
        return 2

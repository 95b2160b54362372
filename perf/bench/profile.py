"""Where the time goes: samples of `perf record`, by the parts of the library that they fall into.

The clock of the CPU is sampled, as virtual machines often have no counters, in the program and in
the kernel. An address inside our library is led back to its source file through inlined calls too
(addr2line), so that a part's share is what its own code takes, wherever the compiler has put it.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from . import markdown
from .library import Library, LibraryError
from .machine import commit
from .programs import ROOT, find_programs
from .runner import parse

FREQUENCY = 4999
SAMPLE = re.compile(r"^\s*[0-9a-f]+ (.+?)(?:\+0x([0-9a-f]+))? \((.*)\)$")
# The folders of src/, in the order of a message's way.
MODULES = ("capi", "socket", "pattern", "pipe", "connection", "protocol", "transport", "reactor",
           "msg", "sync", "sys")
SOURCE = re.compile(r"(?:^|/)src/(\w+)(?:/|\.rs)")
# Sources that are not ours.
FOREIGN = ("/rustc/", "/registry/", "/library/")
MOST_SYMBOLS = 10
# What tells functions of one name apart.
HASH = re.compile(r"::h[0-9a-f]{16}$")


class ProfileFailed(Exception):
    """perf or addr2line is missing, may not sample, or the program failed."""


@dataclass(frozen=True)
class Case:
    """A program whose time is looked at."""

    name: str
    command: tuple


CASES = (
    Case("tcp, 64 B", ("thr_bench", "-t", "tcp", "-s", "64", "-n", "{count}")),
    Case("router_bench, 64 B, 4 peers", ("router_bench", "-s", "64", "-p", "4", "-r", "1", "-n",
                                         "{quarter}")),
    Case("inproc, 64 B", ("thr_bench", "-t", "inproc", "-s", "64", "-n", "{count}")),
)


def run_tool(command, **more):
    """The output of a tool."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, **more)
    except FileNotFoundError:
        raise ProfileFailed(f"{command[0]} is not installed") from None
    if done.returncode:
        raise ProfileFailed(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


def sample(program, arguments, library):
    """Runs the program; CPU nanoseconds per message, and how often each place was met: (symbol,
    offset, file)."""
    with tempfile.TemporaryDirectory(prefix="profile-") as folder:
        data = str(Path(folder) / "data")
        text = run_tool(["perf", "record", "-q", "-e", "cpu-clock", "-F", str(FREQUENCY), "-o",
                         data, "--", str(program), *arguments, "--kv"],
                        env=library.environment(), timeout=120)
        listing = run_tool(["perf", "script", "-i", data, "--no-demangle", "-F",
                            "ip,sym,symoff,dso"])
    places = Counter()
    for line in listing.splitlines():
        found = SAMPLE.match(line)
        if found:
            symbol, offset, file = found.groups()
            places[(symbol, int(offset or "0", 16), file)] += 1
    if not places:
        raise ProfileFailed("perf took no samples")
    return parse(text)["cpu_ns_per_msg"], places


def addresses(path):
    """Where each symbol of a library begins."""
    begins = {}
    for line in run_tool(["nm", str(path)]).splitlines():
        words = line.split()
        if len(words) == 3 and words[1] in "tTwWi":
            begins[words[2]] = int(words[0], 16)
    return begins


def module_of(files):
    """The part of the library that a chain of inlined calls ends in, the innermost first."""
    for file in files:
        found = SOURCE.search(file)
        if found and not any(part in file for part in FOREIGN):
            return found.group(1) if found.group(1) in MODULES else "other"
    return "other"


def modules(path, wanted):
    """The part of each (symbol, offset)."""
    begins = addresses(path)
    known = {place: begins[place[0]] + place[1] for place in wanted if place[0] in begins}
    listing = run_tool(["addr2line", "-a", "-i", "-e", str(path)],
                       input="".join(f"{address:#x}\n" for address in known.values()))
    chains = {}
    for line in listing.splitlines():
        if line.startswith("0x"):
            chain = chains.setdefault(int(line, 16), [])
        else:
            chain.append(line)
    return {place: module_of(chains.get(address, ())) for place, address in known.items()}


def parts(places, library, with_modules):
    """Samples by part: the kernel, the parts of the library, the rest."""
    own = str(library.path)
    names = modules(library.path, {place[:2] for place in places if place[2] == own}) \
        if with_modules else {}
    shares = Counter()
    for (symbol, offset, file), count in places.items():
        if file == own:
            part = names.get((symbol, offset), "other") if with_modules else "library"
        elif file.startswith("[") and file != "[vdso]":
            part = "kernel"
        elif Path(file).name.startswith("libc"):
            part = "libc"
        else:
            part = "program"
        shares[part] += count
    return shares


def symbols(places):
    """Samples by function, the dearest first."""
    sums = Counter()
    for (symbol, _, file), count in places.items():
        sums[(symbol, Path(file).name.strip("[]").split(".")[0])] += count
    dearest = sums.most_common(MOST_SYMBOLS)
    names = run_tool(["c++filt"], input="".join(f"{symbol}\n" for (symbol, _), _ in dearest))
    return [(HASH.sub("", name), file, count)
            for name, ((_, file), count) in zip(names.splitlines(), dearest)]


def profile(case, folder, library, count, with_modules):
    """What one library does with its time in one case."""
    program = folder / case.command[0]
    library.verify(program)
    arguments = [argument.format(count=count, quarter=count // 4) for argument in case.command[1:]]
    cpu_ns, places = sample(program, arguments, library)
    return {"cpu_ns": cpu_ns, "samples": sum(places.values()),
            "parts": parts(places, library, with_modules), "symbols": symbols(places)}


def part_rows(entry):
    """The lines of a case's table: share and nanoseconds of either library."""
    def cells(name, title, sides):
        line = [title]
        for side in sides:
            side = entry[side]
            share = side["parts"].get(name, 0) / side["samples"]
            line += [f"{share:.1%}", f"{share * side['cpu_ns']:.1f} ns"]
        return line

    both = ("libzmq", "ours")
    yield cells("kernel", "kernel", both)
    yield cells("libc", "libc: copying, memory", both)
    yield cells("program", "the program itself", both)
    yield cells("library", "library", ("libzmq",)) + ["", ""]
    for name in (*MODULES, "other"):
        if entry["ours"]["parts"].get(name):
            title, *figures = cells(name, f"library: {name}", ("ours",))
            yield [title, "", "", *figures]
    yield ["all"] + [cell for side in both for cell in ("100%", f"{entry[side]['cpu_ns']:.0f} ns")]


def section(measured):
    """The section of the document."""
    yield from ("## Where the time goes", "",
                "CPU time per message, both sides together, sampled by `perf/profile` (`perf record`, "
                "clock of the\nCPU). The parts of this library are the folders of `src/`, through "
                "inlined calls too; `other` is the\nstandard library and what no source line is "
                "known of.")
    for entry in measured["cases"]:
        yield from ("", f"### {entry['name']}", "")
        yield from markdown.table(("part", "libzmq", "", "ours", ""), part_rows(entry))
        yield from ("", "The functions that take most, of ours:", "")
        yield from markdown.table(
            ("function", "in", "share"),
            ([f"`{name}`", file, f"{count / entry['ours']['samples']:.1%}"]
             for name, file, count in entry["ours"]["symbols"]), words=2)


def read(path):
    """What an earlier run wrote, or None."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def parser():
    """All arguments."""
    arguments = argparse.ArgumentParser(
        prog="perf/profile",
        description="Samples where the CPU time of a message goes, with either library: in the "
                    "kernel, in libc, in which part of the library.")
    add = arguments.add_argument
    add("--ours", required=True, metavar="DIR", help="folder of our libzmq.so.5")
    add("--reference", required=True, metavar="DIR", help="folder of libzmq's libzmq.so.5")
    add("--bin", metavar="DIR", help="folder of the programs")
    add("--messages", type=int, default=6_000_000, metavar="N", help="messages of a run (6000000)")
    add("--json", type=Path, metavar="FILE", help="write it for compare's --profile")
    return arguments


def run(options):
    """The whole job."""
    folder = find_programs(options.bin)
    ours = Library("ours", options.ours)
    reference = Library("libzmq", options.reference)
    measured = {"commit": commit(), "date": time.strftime("%Y-%m-%d"), "cases": [
        {"name": case.name,
         "ours": profile(case, folder, ours, options.messages, True),
         "libzmq": profile(case, folder, reference, options.messages // 4, False)}
        for case in CASES]}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(measured), encoding="utf-8")
    print("\n".join(section(measured)))
    return 0


def main():
    """Runs the command line and returns the exit status."""
    options = parser().parse_args()
    try:
        return run(options)
    except (ProfileFailed, LibraryError, OSError, subprocess.TimeoutExpired) as problem:
        print(f"profile: {problem}", file=sys.stderr)
        return 2

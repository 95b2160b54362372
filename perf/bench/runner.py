"""Runs a row's programs once with one library and returns the figures they print."""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# libzmq's own wording, and ours after it.
OUTPUT_LINES = (
    (re.compile(r"mean throughput: ([\d.]+) \[msg/s\]"), "msgs_per_s"),
    (re.compile(r"average latency: ([\d.]+) \[us\]"), "lat_mean_us"),
)
# What part of a row's messages the shorter of two runs has when system calls are counted.
COUNTED_PART = 5
# Computes until whoever started it is gone, as that may have no time to end it.
HOG = """
import os
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""
# The state of a listening socket in /proc/net/tcp.
TCP_LISTEN = "0A"
# Between two looks whether a program is bound to its endpoint.
BOUND_EVERY_S = 0.002
# Until what makes the cores busy does so.
HOG_START_S = 0.1


class RunFailed(Exception):
    """The program ended with an error, did not end, or did not print what was expected."""


def parse(text):
    """`key value` lines and libzmq's sentences."""
    figures = {}
    for line in text.splitlines():
        for pattern, key in OUTPUT_LINES:
            found = pattern.match(line)
            if found:
                figures[key] = float(found.group(1))
        words = line.split()
        if len(words) == 2:
            with contextlib.suppress(ValueError):
                figures[words[0]] = float(words[1])
    return figures


def pin_to_one_core():
    """In the child: one core for it and all that it starts."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def free_endpoint(command, folder):
    """An endpoint for programs that bind to what they are told."""
    if "ipc" in command:
        return f"ipc://{folder}/endpoint"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def is_bound(endpoint):
    """Whether somebody listens there, without connecting, which the program would take for its peer."""
    transport, _, address = endpoint.partition("://")
    if transport == "ipc":
        return Path(address).exists()
    local = f":{int(address.rpartition(':')[2]):04X}"
    with open("/proc/net/tcp", encoding="ascii") as sockets:
        return any(fields[1].endswith(local) and fields[3] == TCP_LISTEN
                   for fields in map(str.split, sockets))


@contextlib.contextmanager
def busy_cores():
    """As many processes that compute without end as there are cores."""
    hogs = []
    try:
        for _ in os.sched_getaffinity(0):
            hogs.append(subprocess.Popen([sys.executable, "-c", HOG]))
        time.sleep(HOG_START_S)
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


class Process:
    """A program in a session of its own, so that nothing of it is left behind."""

    def __init__(self, command, environment, one_core):
        self.name = Path(command[0]).name
        self.output = tempfile.TemporaryFile(mode="w+")
        self.child = subprocess.Popen(
            command, env=environment, stdout=self.output, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=pin_to_one_core if one_core else None)
        self.cpu = 0.0

    def wait(self, deadline):
        """Waits for a clean end until the deadline; fails otherwise."""
        try:
            self.child.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            raise RunFailed(f"{self.name} did not end in time") from None
        if self.child.returncode:
            code = self.child.returncode
            how = f"status {code}" if code > 0 else signal.Signals(-code).name
            raise RunFailed(f"{self.name} ended with {how}: {self.text().strip()[-300:]}")

    def wait_until_bound(self, endpoint, deadline):
        """Waits until it listens at the endpoint, or has ended without."""
        while not is_bound(endpoint) and self.child.poll() is None:
            if time.monotonic() > deadline:
                raise RunFailed(f"{self.name} was not bound in time")
            time.sleep(BOUND_EVERY_S)

    def text(self):
        """What it has printed."""
        self.output.seek(0)
        return self.output.read()

    def kill(self):
        """Ends it and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        self.output.close()


class Runner:
    """Knows where the programs are."""

    def __init__(self, own, upstream=None):
        self.own = Path(own)
        self.upstream = Path(upstream) if upstream else None

    def program(self, row, name):
        """The path of one of a row's programs."""
        return (self.upstream if row.upstream else self.own) / name

    def commands(self, row, count, endpoint):
        """The command lines of a row: one, or local and remote."""
        values = {"count": count, "endpoint": endpoint}
        commands = []
        for command in filter(None, (row.command, row.remote)):
            arguments = [argument.format(**values) for argument in command[1:]]
            if command[0].endswith("_bench"):
                arguments.append("--kv")
            commands.append([str(self.program(row, command[0]))] + arguments)
        return commands

    def run(self, row, library, count=None, wrap=lambda command: command):
        """One run: a dictionary of figures. `wrap` puts another program around each command."""
        count = count or row.count
        with tempfile.TemporaryDirectory(prefix="compare-") as folder:
            deadline = time.monotonic() + row.timeout
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            processes = []
            endpoint = free_endpoint(row.name.split("/"), folder)
            try:
                for command in self.commands(row, count, endpoint):
                    if processes:
                        # Who is refused tries again after 100 ms, which a program may count as latency.
                        processes[0].wait_until_bound(endpoint, deadline)
                    processes.append(Process(wrap(command), library.environment(), row.one_core))
                # A remote that failed leaves its local waiting for ever: so the last one first.
                for process in reversed(processes):
                    process.wait(deadline)
                text = "".join(process.text() for process in processes)
            finally:
                for process in processes:
                    process.kill()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures = parse(text)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        # Coarser than what a program measures itself, as it includes its start.
        figures.setdefault("cpu_ns_per_msg", cpu * 1e9 / (count * row.messages))
        for metric in row.metrics:
            if metric.key not in figures:
                raise RunFailed(f"no {metric.key} in the output: {text.strip()[-300:]}")
        return figures

    def system_calls(self, row, library, counter):
        """System calls per message: what twice as many messages need in addition."""
        totals = []
        count = max(row.count // COUNTED_PART, 2)
        if counter.most_messages:
            count = min(count, counter.most_messages)
        for factor in (1, 2):
            with tempfile.TemporaryDirectory(prefix="compare-") as folder:
                # A summary for each program: the two halves of a pair are counted separately.
                summaries = []

                def counted(command):
                    summaries.append(Path(folder) / f"summary-{len(summaries)}")
                    return counter.wrap(command, summaries[-1])

                self.run(row, library, count * factor, counted)
                totals.append(sum(counter.read(summary.read_text(encoding="utf-8"))
                                  for summary in summaries))
        return max(totals[1] - totals[0], 0) / (count * row.messages)

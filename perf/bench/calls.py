"""System calls of a command and all that it starts: by a counter of perf, which leaves the program its
speed, or by strace, which does not."""

import shutil
import subprocess

COUNTER = "raw_syscalls:sys_enter"
# A traced program is slow, and a part of a row's messages is enough to see a rate.
TRACED_MESSAGES = 100_000


class CallsNotCounted(Exception):
    """There is no way to count, or it gave nothing."""


class PerfCounter:
    """A counter of the kernel; only root may read it, and not everywhere."""

    name = "perf"
    most_messages = None

    def wrap(self, command, summary):
        """The command that counts another one, and where its summary goes."""
        return ["perf", "stat", "-x", ",", "-e", COUNTER, "-o", str(summary), "--", *command]

    def read(self, summary):
        """The number in a summary."""
        for line in summary.splitlines():
            cells = line.split(",")
            if COUNTER in line and cells[0].isdigit():
                return int(cells[0])
        raise CallsNotCounted("perf counted nothing")


class StraceCounter:
    """strace stops the program at each call."""

    name = "strace"
    most_messages = TRACED_MESSAGES

    def wrap(self, command, summary):
        """The command that counts another one, and where its summary goes."""
        return ["strace", "-f", "-qq", "-c", "-o", str(summary), *command]

    def read(self, summary):
        """The sum of the column `calls` of strace's table."""
        total = 0
        for line in summary.splitlines():
            words = line.split()
            if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                total += int(words[3])
        if not total:
            raise CallsNotCounted("strace counted nothing")
        return total


def works(command):
    """Whether a command can be run here."""
    return shutil.which(command[0]) is not None and subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def counter():
    """The best way to count that there is."""
    if works(["perf", "stat", "-e", COUNTER, "true"]):
        return PerfCounter()
    if works(["strace", "-o", "/dev/null", "true"]):
        return StraceCounter()
    raise CallsNotCounted("system calls cannot be counted: perf may not, and strace is missing or "
                          "may not trace")

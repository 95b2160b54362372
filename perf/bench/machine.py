"""What the figures were measured on."""

import os
import platform
import subprocess
from pathlib import Path

from .programs import ROOT


def value_of(path, name):
    """What a file of /proc tells under a name, or None."""
    try:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if line.startswith(name):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return None


def details():
    """Names and values: processor, cores, memory, kernel, and how busy it was before."""
    entries = [("Processor", value_of("/proc/cpuinfo", "model name") or platform.machine()),
               ("Cores", str(len(os.sched_getaffinity(0))))]
    memory = (value_of("/proc/meminfo", "MemTotal") or "").split()
    if memory:
        entries.append(("Memory", f"{int(memory[0]) / (1 << 20):.0f} GiB"))
    entries.append(("Kernel", f"{platform.system()} {platform.release()}"))
    entries.append(("Load before", ", ".join(f"{value:.1f}" for value in os.getloadavg())))
    return entries


def describe(entries):
    """The same in one line."""
    return ", ".join(f"{name.lower()} {value}" for name, value in entries)


def commit():
    """The state of the sources, where git can tell."""
    def git(*arguments):
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    try:
        name = git("rev-parse", "--short", "HEAD")
        changed = name and git("status", "--porcelain", "--", "src", "Cargo.toml", "Cargo.lock")
    except FileNotFoundError:
        return None
    return f"{name}, with changes" if changed else name

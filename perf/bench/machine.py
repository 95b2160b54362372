"""What the figures were measured on."""

import os
import platform
from pathlib import Path


def cpu_model():
    """The processor's name as the kernel tells it, else the architecture."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def describe():
    """One line: processor, cores, kernel, and how busy it was before."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (f"{cpu_model()}, {len(os.sched_getaffinity(0))} cores, "
            f"{platform.system()} {platform.release()}, load {load}")

"""What this process and the whole machine have used, as the system counts it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["machine_seconds", "most_memory", "own_seconds"]


def most_memory() -> float:
    """The most megabytes that this process had so far; 0 where the system does not tell.

    Linux' own figure of a process begins with what the process had that started it; the status file's does not.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return _most_by_resource()
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _most_by_resource() -> float:
    try:
        import resource
    except ImportError:
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def own_seconds() -> float:
    """Of processors, used by this process."""
    times = os.times()
    return times.user + times.system


def machine_seconds() -> float:
    """Of all processors together, spent on anything; 0 where the system does not tell."""
    try:
        first = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
    except OSError:
        return 0.0
    user, nice, system, _idle, _waiting, *interrupts = (int(ticks) for ticks in first.split()[1:9])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")

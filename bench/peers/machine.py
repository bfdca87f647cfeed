"""What a process and the whole machine have used, as the system counts it.

Only what Python brings with it is imported, since this runs in every peer's environment.
"""

import os
from pathlib import Path

__all__ = ["family", "machine_seconds", "memory_of", "own_seconds"]


def own_seconds() -> float:
    """Of processors, used by this process and by those of its children that are over."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def machine_seconds() -> float:
    """Of all processors together, spent on anything; 0 where the system does not tell."""
    try:
        first = Path("/proc/stat").read_text().splitlines()[0]
    except OSError:
        return 0.0
    user, nice, system, _idle, _waiting, *interrupts = (int(ticks) for ticks in first.split()[1:9])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def family(process: int) -> list[int]:
    """A process and all that descend from it."""
    found = [process]
    for each in found:
        try:
            for children in Path(f"/proc/{each}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        except OSError:
            continue
    return found


def memory_of(process: int) -> float:
    """The most megabytes it had so far; 0 where the system does not tell.

    The system keeps that figure. To have it count what is shared would take a tenth of a processor from the measured.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024

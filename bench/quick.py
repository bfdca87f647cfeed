"""Whether any of a few kernels has become slower than it was.

    python bench/quick.py           # compares with bench/history/, ends with 1 where one is over 15 % slower
    python bench/quick.py --keep    # after a deliberate change: adds what it finds to the history

Seconds say little on a machine that others use too, and nothing on another machine. So each kernel
takes turns with a yardstick of plain operators that strains the same parts of the machine, for slices of well under a
second; what is kept and compared is the median ratio of their processor times. Pieces that wait for one another are
therefore not seen, nor is anything that more than one thread does. A kernel that seems slower is measured again before
it is called slower. Kept figures hold for one kind of machine (processor, torch); on another kind the nearest one is
taken, and only 50 % counts.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path

import torch
from guard.kernels import Kernel, kernels
from guard.yardsticks import Work

HISTORY = Path(__file__).parent / "history"
SLOWER, SLOWER_ELSEWHERE = 0.15, 0.50
ROUNDS, SLICE = 6, 1.2
"""Times that each kernel has its turn, and for how many seconds."""
AGAIN = 2
"""Times that a kernel which seems slower is measured again."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A line of a kernel's history."""

    date: str
    commit: str
    ratio: float
    spread: float
    """Half of the middle half of the slices, as a share of their median."""
    machine: str


# ---- measuring -------------------------------------------------------------------------------------------------------


def slices(kernel: Kernel, seconds: float) -> list[float]:
    """Kernel ÷ yardstick, each kernel's time by the yardsticks before and after it."""
    ratios: list[float] = []
    begun = time.perf_counter()
    before = timed(kernel.yardstick)
    while not ratios or time.perf_counter() - begun < seconds:
        taken = timed(kernel.work)
        after = timed(kernel.yardstick)
        ratios.append(2 * taken / (before + after))
        before = after
    return ratios


def timed(work: Work) -> float:
    """Of the processor, so that what others take of it does not count."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def measured(kernels: Sequence[Kernel], *, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """The ratios of all slices. All have a turn before any has the next, so that a bad stretch hits none alone."""
    ratios: dict[str, list[float]] = {kernel.name: [] for kernel in kernels}
    for _ in range(rounds):
        for kernel in kernels:
            kernel.work()  # into the caches, and what is made once is made now
            ratios[kernel.name] += slices(kernel, SLICE)
    return ratios


def spread(ratios: Sequence[float]) -> float:
    low, middle, high = statistics.quantiles(ratios, n=4)
    return (high - low) / 2 / middle


# ---- the history -----------------------------------------------------------------------------------------------------


def this_machine() -> str:
    """Its kind, as far as ratios hang on it."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    said = dict(re.findall(r"^(model name|cpu family|model)\s*:\s*(.*)$", text, re.MULTILINE))
    name = said.get("model name") or platform.processor() or platform.machine()
    number = f" {said['cpu family']}-{said['model']}" if "cpu family" in said else ""
    return f"{name}{number}, {torch.backends.cpu.get_cpu_capability()}, torch {torch.__version__.partition('+')[0]}"


def read(folder: Path, name: str) -> list[Kept]:
    path = folder / f"{name}.json"
    return [Kept(**line) for line in json.loads(path.read_text())] if path.exists() else []


def keep(folder: Path, name: str, line: Kept) -> None:
    lines = [json.dumps(asdict(each)) for each in [*read(folder, name), line]]
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text("[\n  " + ",\n  ".join(lines) + "\n]\n")


def kept_for(machine: str, lines: Sequence[Kept]) -> Kept | None:
    """The last line of this kind of machine, or else of the one whose name is most like its."""
    if not lines:
        return None
    nearest = max(lines, key=lambda line: SequenceMatcher(None, line.machine, machine).ratio())
    return [line for line in lines if line.machine == nearest.machine][-1]


def commit() -> str:
    git = ["git", "-C", str(HISTORY.parent), "describe", "--always", "--dirty"]
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


# ---- the comparison --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A kernel beside what was kept of it."""

    name: str
    ratio: float
    spread: float
    kept: Kept | None
    here: bool
    """Whether that was kept on this kind of machine."""

    @property
    def change(self) -> float:
        return self.ratio / self.kept.ratio - 1 if self.kept else 0.0

    @property
    def slower(self) -> bool:
        return self.change > (SLOWER if self.here else SLOWER_ELSEWHERE)

    def shown(self) -> str:
        line = f"{self.name:<18} {self.ratio:>8.3f} {self.spread:>8.1%}"
        if self.kept is None:
            return f"{line}        -         nothing kept"
        verdict = "SLOWER" if self.slower else "faster" if self.change < -SLOWER else ""
        return f"{line} {self.kept.ratio:>8.3f} {self.change:>+8.1%}  {verdict:<7} {self.kept.date} {self.kept.commit}"


def found(name: str, ratios: Sequence[float], *, folder: Path, machine: str) -> Finding:
    kept = kept_for(machine, read(folder, name))
    here = kept is not None and kept.machine == machine
    return Finding(name=name, ratio=statistics.median(ratios), spread=spread(ratios), kept=kept, here=here)


def compared(kernels: Sequence[Kernel], *, folder: Path, machine: str) -> list[Finding]:
    """All kernels, those that seem slower measured again: the more slices, the surer their median."""
    ratios = measured(kernels)
    for _ in range(AGAIN):
        findings = [found(name, each, folder=folder, machine=machine) for name, each in ratios.items()]
        names = {finding.name for finding in findings if finding.slower}
        slow = [kernel for kernel in kernels if kernel.name in names]
        for name, more in measured(slow, rounds=max(1, ROUNDS // max(1, len(slow)))).items():
            ratios[name] += more
    return [found(name, each, folder=folder, machine=machine) for name, each in ratios.items()]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="add what is found to the history")
    parser.add_argument("--history", type=Path, default=HISTORY, help="the folder that it is in")
    parser.add_argument("names", nargs="*", help="kernels; none: all")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    wanted = [kernel for kernel in kernels() if not chosen.names or kernel.name in chosen.names]
    machine = this_machine()
    findings = compared(wanted, folder=chosen.history, machine=machine)
    print(f"{machine}\n{'kernel':<18} {'ratio':>8} {'spread':>8} {'kept':>8} {'change':>8}")
    for finding in findings:
        print(finding.shown())
    if chosen.keep:
        for finding in findings:
            line = Kept(
                date=date.today().isoformat(),
                commit=commit(),
                ratio=round(finding.ratio, 4),
                spread=round(finding.spread, 3),
                machine=machine,
            )
            keep(chosen.history, finding.name, line)
        print(f"Kept in {chosen.history}.")
        return 0
    for machine_kept in sorted({each.kept.machine for each in findings if each.kept and not each.here}):
        print(f"Nothing was kept on this kind of machine: compared with {machine_kept}, where only 50 % counts.")
    slower = [finding for finding in findings if finding.slower]
    for finding in slower:
        assert finding.kept is not None
        print(
            f"{finding.name} is {finding.change:.0%} slower than at {finding.kept.commit} ({finding.kept.date}). "
            "Mend it, or, if it must be so, keep it: `python bench/quick.py --keep`."
        )
    return int(bool(slower))


if __name__ == "__main__":
    sys.exit(main())

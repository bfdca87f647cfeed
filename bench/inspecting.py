"""How long `seqloom data inspect` takes for a million pairs, and how much memory.

    python bench/inspecting.py                                       # made of the phrasebook that ships
    python bench/inspecting.py --pairs 250000 --base train.de,train.en

The pairs are those of the base again and again, in each of the later rounds with a fifth of the words exchanged for
others of the base, so that copies, near copies, rare words and odd pairs are all there in plenty. They are held against
a thousand pairs of the base. Memory is what the program and its helpers have resident together at the worst moment.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from seqloom.data import phrasebook
from seqloom.data.readers import read_rows
from seqloom.data.rows import Row

EXCHANGED = 0.2
HELD = 1000
_PAGE, _TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


def base_pairs(base: str | None) -> list[tuple[str, str]]:
    if base is None:
        return phrasebook.pairs("train")
    return [(row.source, row.targets[0]) for row in read_rows(base) if isinstance(row, Row)]


def write_pairs(path: Path, pairs: Sequence[tuple[str, str]], number: int) -> None:
    """The base as it is, and then with words exchanged."""
    dice = random.Random(1)
    words = [sorted({word for pair in pairs for word in pair[side].split(" ")}) for side in range(2)]
    with path.open("w", encoding="utf-8") as file:
        for place in range(number):
            sides = pairs[place % len(pairs)]
            if place >= len(pairs):
                sides = tuple(
                    " ".join(
                        dice.choice(words[side]) if dice.random() < EXCHANGED else word for word in text.split(" ")
                    )
                    for side, text in enumerate(sides)
                )
            file.write(f"{sides[0]}\t{sides[1]}\n")


def processes(first: int) -> Iterator[int]:
    """A process and all that it started."""
    try:
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    except OSError:
        return
    yield first
    for child in children:
        yield from processes(int(child))


def resident(process: int) -> int:
    """Bytes, those that it shares with others too."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


def spent(process: int) -> float:
    """Seconds of processor time so far."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--base", help="a file of pairs, or two as train.de,train.en")
    chosen = parser.parse_args()
    pairs = base_pairs(chosen.base)
    with tempfile.TemporaryDirectory(prefix="inspecting") as made:
        folder = Path(made)
        train, test = folder / "train.tsv", folder / "test.tsv"
        write_pairs(train, pairs, chosen.pairs)
        write_pairs(test, pairs[:: max(1, len(pairs) // HELD)], min(HELD, len(pairs)))
        command = [sys.executable, "-m", "seqloom", "data", "inspect", str(train), "--test", str(test)]
        command += ["--html", str(folder / "page.html"), "--recipe", str(folder / "recipe.toml")]
        begun, worst = time.perf_counter(), 0
        used: dict[int, float] = {}
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None:
                there = list(processes(process.pid))
                worst = max(worst, sum(map(resident, there)))
                used |= {each: seconds for each in there if (seconds := spent(each))}
                time.sleep(0.1)
        seconds = time.perf_counter() - begun
        if process.returncode:
            sys.exit(process.returncode)
        page = (folder / "page.html").stat().st_size
    print(
        f"{chosen.pairs:,} pairs: {seconds:.0f} s, {chosen.pairs / seconds:,.0f} a second on {os.cpu_count()} cores "
        f"({sum(used.values()):.0f} s of processor time); "
        f"{worst / 2**20:,.0f} MiB at the most; a page of {page / 1024:.0f} KiB"
    )


if __name__ == "__main__":
    main()

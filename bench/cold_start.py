"""How long one sentence takes from the command to its answer, beside CTranslate2's own import and load.

    python bench/cold_start.py MODEL/exports/ctranslate2-int8 --source "Ein Mann geht." --rounds 7

Both are whole processes in turns. Beside the time on the wall stands the processor's, which other work disturbs less.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

BARE = "import ctranslate2, sys; ctranslate2.Translator(sys.argv[1], intra_threads=1)"
"""What cannot be left out: the library, and the weights."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=os.environ.get("EXPORTED"), help="a CTranslate2 folder")
    parser.add_argument("--source", default="Ein Mann geht.")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    if asked.folder is None:
        print("cold_start: no folder of `seqloom export --to ctranslate2` is named. Give it, or set EXPORTED.")
        return
    ours = [sys.executable, "-m", "seqloom", "predict", str(asked.folder)]
    ways: dict[str, Callable[[], object]] = {
        "ctranslate2, import and load": lambda: run([sys.executable, "-c", BARE, str(asked.folder)], ""),
        "seqloom predict, one sentence": lambda: run(ours, asked.source + "\n"),
        "seqloom --help": lambda: run([sys.executable, "-m", "seqloom", "--help"], ""),
    }
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(asked.rounds):
        for name, way in ways.items():
            seconds[name].append(timed(way))
    walls = {name: statistics.median(wall for wall, _ in taken) for name, taken in seconds.items()}
    works = {name: statistics.median(work for _, work in taken) for name, taken in seconds.items()}
    first = next(iter(ways))
    print(f"{'':32}{'seconds':>9}{'ratio':>8}{'processor':>12}{'ratio':>8}")
    for name in ways:
        wall, work = walls[name], works[name]
        print(f"{name:32}{wall:9.2f}{wall / walls[first]:8.2f}{work:12.2f}{work / works[first]:8.2f}")


def run(command: list[str], text: str) -> None:
    subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def timed(way: Callable[[], object]) -> tuple[float, float]:
    """On the wall, and of the processor."""
    before, begun = used(), time.perf_counter()
    way()
    return time.perf_counter() - begun, used() - before


def used() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    main()

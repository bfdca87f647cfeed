"""``python -m seqloom.testing``: try the laws, say how many combinations there were and what failed."""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch

from seqloom.core.errors import RecipeError, SeqloomError
from seqloom.testing.combinations import Combination, combinations, role_of
from seqloom.testing.laws import Broken, check

_SHOWN = 3
"""Combinations named for one fault; the rest is counted."""


def main(arguments: list[str] | None = None) -> int:
    """0 where every law holds, 1 where one does not, 2 where the part cannot be tried."""
    parser = argparse.ArgumentParser(prog="python -m seqloom.testing", description="Try the laws of seqloom.testing.")
    parser.add_argument("part", nargs="?", help="your own settings class, my_package.module:MyEncoderSettings")
    parser.add_argument("--quick", action="store_true", help="every pair of options instead of every triple")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    _one_thread()
    try:
        own = None if options.part is None else _import(options.part)
    except SeqloomError as error:
        print(error, file=sys.stderr)
        return 2
    results = list(_check_all(combinations(strength=2 if options.quick else 3, own=own), jobs=options.jobs))
    broken = [fault for faults in results for fault in faults]
    _report(broken)
    print(f"{len(results)} combinations, {len(broken)} failures, {time.perf_counter() - started:.0f} s")
    if not results:
        print("No combination could be built: every one was refused as a recipe would be.", file=sys.stderr)
    return 1 if broken or not results else 0


def _import(name: str) -> type[Any]:
    """The class that ``my_package.module:MySettings`` names, from the current directory too."""
    module_name, _, class_name = name.partition(":")
    sys.path.append(os.getcwd())
    try:
        cls = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise RecipeError(f"`{name}` must be a settings class, my_package.module:MySettings, but {error}.") from error
    role_of(cls)
    found: type[Any] = cls
    return found


def _check_all(tried: Iterable[Combination], *, jobs: int) -> Iterator[list[Broken]]:
    """What each combination breaks. They are tried while further ones are still being thought of."""
    if jobs == 1:
        yield from map(check, tried)
        return
    with ProcessPoolExecutor(jobs, initializer=_worker) as pool:
        try:
            for running in [pool.submit(check, combination) for combination in tried]:
                yield running.result()
        except KeyboardInterrupt:
            for worker in multiprocessing.active_children():
                worker.terminate()  # what they are at would take seconds more
            raise


def _worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    _one_thread()


def _one_thread() -> None:
    """Models this small gain nothing from more threads, and processes would fight over the cores."""
    torch.set_num_threads(1)


def _report(broken: Iterable[Broken]) -> None:
    """One paragraph a fault (a law and the line that raised): why, and some of the combinations that show it."""
    faults: dict[tuple[str, str], list[Broken]] = defaultdict(list)
    for fault in broken:
        faults[fault.law, fault.place].append(fault)
    for (law, place), shown in sorted(faults.items(), key=lambda fault: -len(fault[1])):
        print(f"{law} ({place}), {len(shown)} combinations: {shown[0].why}")
        for one in shown[:_SHOWN]:
            print(f"    {one.combination}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

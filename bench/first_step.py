"""How long a run takes to begin: from the command to its first step, and where the seconds go.

    python bench/first_step.py [TRAIN VALID] [--recipe translation] [--times 3] [--peer COMMAND --peer-line PATTERN]

TRAIN and VALID are what `seqloom train` takes: a file of pairs, or `train.de,train.en`; by default Multi30k's in the
folder that the variable MULTI30K names. Each time a run begins anew in
a folder of its own, and is stopped behind its first step; the table has every stage's least seconds. COMMAND begins
another program's training, and is stopped at the first line of its output in which PATTERN is found, which must be one
that its first step brings; the two take turns. Files that are not there are no failure: there is nothing to measure.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PLAN, STEP = re.compile(r"^folder "), re.compile(r"^step 1/")
GIVE_UP = 300.0
"""Seconds after which a program that has said nothing is ended."""


def seen(command: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> list[tuple[float, float]]:
    """When each pattern was first found in the output, in their order: since the command, and by the clock."""
    begun = time.time()
    wanted, found, said = list(patterns), [], []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line)
                if wanted[0].search(line):
                    found.append((time.time() - begun, time.time()))
                    del wanted[0]
                if not wanted or time.time() - begun > GIVE_UP:
                    break
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    if wanted:
        sys.exit(f"{shlex.join(command)}: never said {wanted[0].pattern!r}, but:\n{''.join(said[-20:])}")
    return found


def ours(recipe: str, train: str, valid: str) -> dict[str, float]:
    """Seconds of each stage of a run that begins anew."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "seqloom", "train", recipe, "--train", train, "--valid", valid]
        (plan, planned), (step, _) = seen([*command, "--out", folder], (PLAN, STEP))
        report = Path(folder) / "data" / "report.json"
        stages: dict[str, float] = json.loads(report.read_text(encoding="utf-8"))["seconds"]
        after = planned - report.stat().st_mtime
    data = sum(stages.values())
    return {
        "program and libraries": plan - after - data,
        **stages,
        "model, optimizer, plan": after,
        "the first step begins": plan,
        "the first step is done": step,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = os.environ.get("MULTI30K", "multi30k")
    parser.add_argument("train", nargs="?", default=f"{folder}/train.de,{folder}/train.en")
    parser.add_argument("valid", nargs="?", default=f"{folder}/val.de,{folder}/val.en")
    parser.add_argument("--recipe", default="translation")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--peer", default="", help="a command of another program")
    parser.add_argument("--peer-line", default="", help="a regular expression of what its first step says")
    given = parser.parse_args()
    missing = [name for name in (*given.train.split(","), *given.valid.split(",")) if not Path(name).is_file()]
    if missing:
        print(f"skipped: {missing[0]} is not here")
        return
    runs, peers = [], []
    for _ in range(given.times):
        runs.append(ours(given.recipe, given.train, given.valid))
        if given.peer:
            [(taken, _)] = seen(shlex.split(given.peer), [re.compile(given.peer_line)])
            peers.append(taken)
    print(f"{'least of ' + str(given.times):<28} seconds")
    for name in runs[0]:
        print(f"{name:<28} {min(run[name] for run in runs):7.2f}")
    if peers:
        print(f"{'the peer’s first step':<28} {min(peers):7.2f}")


if __name__ == "__main__":
    main()

"""A turn in a process of its own, so that its memory is its own, and its start is seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import seqloom
from seqloom.core.errors import SeqloomError
from seqloom.export.bench.turn import Job, Told

__all__ = ["Turn", "in_its_own_process"]

Turn = Callable[[Job], Told]
"""Takes a turn; a SeqloomError says in one line why the form cannot."""


def in_its_own_process(work: Path) -> Turn:
    """Takes turns by the interpreter that runs, with the Seqloom that measures; its files go into ``work``."""
    paths = [str(Path(seqloom.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}

    def take(job: Job) -> Told:
        asked, out = work / "job.json", work / "told.json"
        job.write(asked)
        out.unlink(missing_ok=True)
        # -P: a file where the user stands never takes the place of a library.
        command = [sys.executable, "-P", "-m", "seqloom.export.bench.turn", str(asked), str(out), str(time.time())]
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace"
        )
        if done.returncode:
            raise SeqloomError(f"its process {_end(done)}")
        told = Told.read(out)
        if isinstance(told, str):
            raise SeqloomError(told)
        return told

    return take


def _end(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode == -signal.SIGINT:
        raise KeyboardInterrupt
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return f"was ended by {name}" + (": there was likely not enough memory." if name == "SIGKILL" else ".")
    lines = done.stderr.strip().splitlines() or ["it said nothing"]
    return f"ended with status {done.returncode}: {lines[-1]}"

"""Two runs in one folder: the second is refused."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seqloom.core.errors import TrainingError
from seqloom.training.lock import locked

HOLD = """
import sys
from pathlib import Path
from seqloom.training.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "new/run"
    with locked(folder):
        with pytest.raises(TrainingError) as error, locked(folder):
            pass
        assert str(error.value) == (
            f"{folder}: process {os.getpid()} is training here. Wait until it has ended, stop it, or choose another "
            f"folder."
        )
        with locked(tmp_path / "other"):
            pass
    with locked(folder):
        pass


def test_a_killed_process_leaves_nothing_locked(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TrainingError, match=f"process {holder.pid} is training here"), locked(tmp_path):
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    with locked(tmp_path):
        pass

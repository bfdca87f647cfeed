"""One run a folder: the second is refused, and a run that was killed leaves nothing locked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqloom.core.errors import TrainingError
from seqloom.core.locking import acquire

__all__ = ["locked"]

_NAME = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder. The kernel lets go of it when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    # The file stays: were it removed, a second run could lock the old one and a third the new one.
    with (folder / _NAME).open("a+", encoding="utf-8") as file:
        if not acquire(file.fileno()):
            file.seek(0)
            owner = file.read().strip()
            who = f"process {owner}" if owner else "another process"
            raise TrainingError(
                f"{folder}: {who} is training here. Wait until it has ended, stop it, or choose another folder."
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)

"""Checkpoints: a run's whole state in a folder, there complete or not at all.

    checkpoints/step-00001200/
        weights.safetensors, optimizer.safetensors, average.safetensors
        state.json       the rest of the state: plain data
        manifest.json    the size and the checksum of each file

Nothing in them is pickled. A checkpoint is written beside, flushed to the disk and moved into place.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from seqloom.core.errors import TrainingError
from seqloom.core.logging import logger

__all__ = [
    "TrainerState",
    "checkpoint_steps",
    "has_checkpoints",
    "newest_checkpoint",
    "read_checkpoint",
    "save_checkpoint",
]

_FORMAT = 1
_NEWEST = 2
"""How many are kept for being new: were one damaged, there is one more."""


@dataclass(frozen=True, kw_only=True)
class TrainerState:
    """All that a run needs to go on as if it had never stopped."""

    step: int
    tensors: Mapping[str, Mapping[str, Tensor]]
    """By file, then by name."""
    data: Mapping[str, Any]
    """What is no tensor, as JSON knows it."""


def save_checkpoint(folder: Path, state: TrainerState, *, keep: Collection[int] = ()) -> Path:
    """Write the state; keep the newest checkpoints and those of the steps in ``keep``, and remove the others."""
    home = _home(folder)
    path = home / _name(state.step)
    beside, old = path.with_suffix(".part"), path.with_suffix(".old")
    try:
        home.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        _write(beside, state)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
            path.rename(old)
        beside.rename(path)
        _flush(home)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(beside, ignore_errors=True)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        left = [step for step in checkpoint_steps(folder) if step != state.step]
        rest = f"the one of step {left[-1]} is whole, and training resumes from there" if left else "there is none yet"
        raise TrainingError(
            f"{path}: the checkpoint cannot be written ({reason}). Make room, or set another folder; {rest}."
        ) from error
    _prune(folder, state.step, keep)
    return path


def newest_checkpoint(folder: Path) -> TrainerState | None:
    """The newest one that is whole; None where none was ever written."""
    steps = checkpoint_steps(folder)
    for step in reversed(steps):
        try:
            return read_checkpoint(folder, step)
        except TrainingError as error:
            logger.warning("%s Going back to the one before.", error)
    if steps:
        raise TrainingError(
            f"{_home(folder)}: of {len(steps)} checkpoints none can be read. Copy one back, or remove this folder to "
            f"begin anew."
        )
    return None


def read_checkpoint(folder: Path, step: int) -> TrainerState:
    """One checkpoint; a TrainingError where anything in it is not as it was written."""
    path = _home(folder) / _name(step)
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        if manifest["format"] != _FORMAT:
            raise ValueError(f"its format is {manifest['format']}, and must be {_FORMAT}")
        for name, expected in manifest["files"].items():
            if _described(path / name) != expected:
                raise ValueError(f"{name} is not as it was written")
        tensors = {
            Path(name).stem: load_file(path / name) for name in manifest["files"] if name.endswith(".safetensors")
        }
        data = json.loads((path / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise TrainingError(f"{path}: this checkpoint cannot be used ({reason}).") from error
    return TrainerState(step=step, tensors=tensors, data=data)


def checkpoint_steps(folder: Path) -> list[int]:
    """The steps of which there is a checkpoint, whole or not, from the first to the last."""
    numbers = [path.name.removeprefix("step-") for path in _home(folder).glob("step-*") if path.is_dir()]
    return sorted(int(number) for number in numbers if number.isdecimal())


def has_checkpoints(folder: Path) -> bool:
    """Whether a run has begun here."""
    return bool(checkpoint_steps(folder))


def _write(path: Path, state: TrainerState) -> None:
    for name, tensors in state.tensors.items():
        whole = {key: tensor.detach().contiguous() for key, tensor in tensors.items()}
        save_file(whole, path / f"{name}.safetensors")
    _write_json(path / "state.json", state.data)
    written = sorted(path.iterdir())
    _write_json(path / "manifest.json", {"format": _FORMAT, "files": {file.name: _described(file) for file in written}})
    for file in path.iterdir():
        _flush(file)
    _flush(path)


def _write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _described(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": os.fstat(file.fileno()).st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _flush(path: Path) -> None:
    """To the disk itself, so that what was moved into place is there after a power cut too."""
    if path.is_dir() and os.name == "nt":
        return  # Windows flushes no folders
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prune(folder: Path, step: int, keep: Collection[int]) -> None:
    steps = checkpoint_steps(folder)
    # Later ones are of a past that was left behind, when a damaged checkpoint made the run go back.
    kept = {each for each in steps if each <= step and each in keep} | set([x for x in steps if x <= step][-_NEWEST:])
    for path in _home(folder).glob("step-*"):
        number = path.name.removeprefix("step-")
        if not number.isdecimal() or int(number) not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _home(folder: Path) -> Path:
    return folder / "checkpoints"


def _name(step: int) -> str:
    return f"step-{step:08}"

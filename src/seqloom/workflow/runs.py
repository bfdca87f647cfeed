"""Where a run lives, and whether it may go on there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from seqloom.core import settings
from seqloom.core.errors import TrainingError
from seqloom.training.checkpoints import has_checkpoints
from seqloom.workflow.budgeting import keys_of, meets
from seqloom.workflow.recipe import Recipe

__all__ = ["agreed_recipe", "free_folder", "make_folder"]


def free_folder(name: str, *, last: bool = False) -> Path:
    """The first free name under `runs`; with ``last``, the one before it if there is one."""
    folders = (Path("runs") / (name if number == 1 else f"{name}-{number}") for number in count(1))
    before: Path | None = None
    for folder in folders:
        if not folder.exists():
            return before if last and before is not None else folder
        before = folder
    raise AssertionError


def make_folder(folder: Path) -> None:
    """There, and fit to be written to; said before anything is computed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise TrainingError(f"{folder}: cannot be written: {error.strerror}. Choose another `--out`.") from error


def agreed_recipe(given: Recipe, folder: Path, *, resume: bool) -> Recipe:
    """The recipe; of a run that goes on, its own, with which the one given must agree."""
    kept = folder / "recipe.toml"
    begun = has_checkpoints(folder) or (folder / "manifest.json").is_file()
    if not begun:
        return given
    if not resume:
        raise TrainingError(f"{folder}: holds a run already. Go on with `--resume`, or choose another `--out`.")
    before = settings.load(Recipe, kept)
    chosen = [key for rung in before.budget for key in keys_of(rung.set)]
    differing = _differing(settings.to_data(before), settings.to_data(given))
    changed = [key for key in differing if _fixed(key) and not meets(key, chosen)]
    if changed:
        raise TrainingError(
            f"{folder}: `--resume` goes on with the recipe that it began with, but `{changed[0]}` is another now. "
            "Set it back, or begin anew with another `--out`."
        )
    return replace(before, logging=given.logging, answers=given.answers)


_FREE = ("logging.", "answers.", "about", "data.train", "data.valid", "data.test")
"""What may change when a run goes on: nothing of it moves a weight."""


def _fixed(key: str) -> bool:
    return not key.startswith(_FREE)


def _differing(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """The dotted keys in which two recipes differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*before, *(key for key in now if key not in before)]:
            yield from _differing(before.get(key), now.get(key), f"{path}.{key}" if path else key)
    elif before != now:
        yield path

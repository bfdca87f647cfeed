"""The runs below some folders, and the settings in which they differ."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqloom.core import settings
from seqloom.core.errors import ModelFolderError
from seqloom.core.toml import inline
from seqloom.explain.runs.run import Run, is_run, read_run, was_begun

__all__ = ["Differing", "Listing", "runs_below"]

_DEEP = 4
"""Folders below each other in which runs are looked for."""
_NOT_BELOW = frozenset({"exports", "checkpoints", "data", "tokenizer", "tasks", "node_modules", "tensorboard", "wandb"})
_MADE_OF = ("budget", "device", "threads", "seqloom")
"""What of a manifest makes a run another."""
_FREE = ("about", "budget")
"""Keys of a recipe of which a run is not made."""
NOT_SET = "not set"


@dataclass(frozen=True, kw_only=True)
class Differing:
    """A setting that is not the same in all runs."""

    key: str
    values: tuple[str, ...]
    """A run each, as a recipe writes them."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Runs, the newest first."""

    runs: tuple[Run, ...]

    @property
    def differing(self) -> list[Differing]:
        """Of those that are not damaged; in the order of the recipe."""
        tables = [_settings(each) for each in self.told]
        if len(tables) < 2:
            return []
        keys = dict.fromkeys(key for table in tables for key in table)
        found = [Differing(key=key, values=tuple(table.get(key, NOT_SET) for table in tables)) for key in keys]
        return [each for each in found if len(set(each.values)) > 1]

    @property
    def told(self) -> list[Run]:
        """Those that say what they are."""
        return [each for each in self.runs if each.recipe]

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        names = [each.name for each in self.told]
        return {
            "runs": [each.to_data() for each in self.runs],
            "differing": {each.key: dict(zip(names, each.values, strict=True)) for each in self.differing},
        }


def runs_below(folders: Sequence[Path]) -> Listing:
    """Each folder is a run, or one with runs below it; an error where there is none at all."""
    found: dict[Path, str] = {}
    for folder in folders:
        if not folder.is_dir():
            raise ModelFolderError(f"{folder}: there is no such folder. Name one with runs below it, or runs.")
        for path in _below(folder, _DEEP):
            name = path.relative_to(folder).as_posix()
            found.setdefault(path.resolve(), str(path) if name == "." or len(folders) > 1 else name)
    if not found:
        named = ", ".join(map(str, folders))
        raise ModelFolderError(
            f"{named}: there are no runs below it. `seqloom train` makes one, in `runs` unless told."
        )
    runs = [read_run(path, name) for path, name in found.items()]
    return Listing(runs=tuple(sorted(runs, key=lambda run: run.when, reverse=True)))


def _below(folder: Path, deep: int) -> Iterator[Path]:
    """What lies in a run's folder is the run's own. One that is only locked may hold several, as a comparison does."""
    if is_run(folder):
        yield folder
        return
    several = [run for each in _inside(folder) for run in _below(each, deep - 1)] if deep else []
    yield from several or ([folder] if was_begun(folder) else [])


def _inside(folder: Path) -> list[Path]:
    """Folders in which runs may be."""
    try:
        found = sorted(Path(each.path) for each in os.scandir(folder) if each.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [each for each in found if not each.name.startswith(".") and each.name not in _NOT_BELOW]


def _settings(run: Run) -> dict[str, str]:
    """All that made it: the recipe, the data by its checksums, the budget and the machine."""
    flat = {key: inline(value) for key, value in settings.flat(run.recipe) if key.split(".")[0] not in _FREE}
    files = run.manifest.get("data", {}).get("files", [])
    for each in files:
        role = f"{each.get('role')} data"
        flat[role] = ", ".join(filter(None, [flat.get(role, ""), f"{each.get('file')} {str(each.get('sha256'))[:8]}"]))
    made_of = {key: run.manifest[key] for key in _MADE_OF if run.manifest.get(key) is not None}
    return flat | {f"--{key}" if key == "budget" else key: str(value) for key, value in made_of.items()}

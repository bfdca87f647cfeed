"""A run made again from what its folder says: the same recipe, plan and seed on data that is checked to be the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from seqloom.core import settings
from seqloom.core.devices import DeviceName
from seqloom.core.errors import DataError, ModelFolderError, RecipeError
from seqloom.data.opening import suffix_of
from seqloom.data.parallel import parts_of
from seqloom.training.checkpoints import newest_checkpoint
from seqloom.training.plan import Plan
from seqloom.workflow.manifest import open_manifest, read_metrics, sha256, there
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.training import Training

__all__ = ["replay"]

_TABLES = (".tsv", ".csv", ".jsonl", ".ndjson", ".json")
_VALIDATION = "validation"


def replay(folder: Path, out: Path | None = None) -> Training:
    """The training that makes it anew, in another folder; refused in one line where it cannot be the same.

    It is measured on the same tests, those that are gone aside: no weight depends on them.
    """
    manifest = open_manifest(folder)
    if "engine" in manifest:
        raise ModelFolderError(f"{folder}: was exported, not trained. Replay the model that it was made of.")
    if "teacher" in manifest:
        raise ModelFolderError(
            f"{folder}: cannot be replayed: it is a student, which learns what its teacher says. Give the command "
            "`seqloom distill` of then with another `-o`."
        )
    if out is not None and out.resolve() == folder.resolve():
        raise RecipeError(f"`-o` must be another folder than the run's own, but is {out}.")
    recipe = settings.load(Recipe, there(folder, "recipe.toml"))
    files = manifest.get("data", {}).get("files", [])
    if not any(each["role"] == "train" for each in files):
        raise DataError(
            f"{folder}: cannot be replayed: its pairs came from a pipe or from Python, and nobody kept them. "
            "Train it with files."
        )
    _check_data(folder, files)
    budget = manifest.get("budget")
    plan = _plan(folder, manifest)
    if plan is None and budget is not None:
        raise ModelFolderError(
            f"{folder}: cannot be replayed: its steps came of a budget, and neither its manifest nor a checkpoint says "
            "how many they were. Train it anew."
        )
    named = [str(each) for each in read_metrics(folder).get("scores", {})]
    return Training(
        recipe=recipe,
        name=f"{folder.resolve().name}-again",
        train=_pairs(files, "train"),
        valid=_pairs(files, "valid"),
        test=[name for name in named if name != _VALIDATION and all(Path(part).is_file() for part in parts_of(name))],
        out=out,
        device=cast("DeviceName", _device(str(manifest.get("device", "cpu")))),
        plan=plan,
    )


def _check_data(folder: Path, files: Sequence[Mapping[str, str]]) -> None:
    for each in files:
        path = Path(each["file"])
        if not path.is_file():
            raise DataError(
                f"{path}: is gone, but {folder} was made with it ({each['role']}). Put it back; the run named it so, "
                "from the folder in which it was started."
            )
        if sha256(path) != each["sha256"]:
            raise DataError(
                f"{path}: is not what {folder} was made with any more ({each['role']}). Put the file of then back, or "
                "train anew."
            )


def _pairs(files: Sequence[Mapping[str, str]], role: str) -> tuple[str, ...]:
    """The files as the run was given them."""
    mine = [each for each in files if each["role"] == role]
    if all("pairs" in each for each in mine):
        return tuple(dict.fromkeys(each["pairs"] for each in mine))
    # A run of before that was kept: what is no table is one of two sides.
    names = [each["file"] for each in mine]
    if any(suffix_of(name) in _TABLES for name in names) or len(names) % 2:
        return tuple(names)
    return tuple(",".join(sides) for sides in zip(names[::2], names[1::2], strict=True))


def _plan(folder: Path, manifest: Mapping[str, Any]) -> Plan | None:
    """That of then: of a budget, as many steps, whatever the machine does now."""
    kept = manifest.get("plan")
    if kept is None:
        state = newest_checkpoint(folder)
        kept = None if state is None else state.data.get("plan")
    return (
        None
        if kept is None
        else Plan(steps=kept["steps"], validate_every=kept["validate_every"], epochs=kept["epochs"])
    )


def _device(name: str) -> str:
    return name.partition(":")[0]

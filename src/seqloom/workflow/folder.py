"""The model folder: all that a model is, in files that can be read without running any of them.

recipe.toml           the recipe with every default filled in
weights.safetensors   the weights, replaced in one go whenever better ones are found
tokenizer/            of both sides; or source/ and target/
tasks/…/target/       the tokenizers of further tasks' targets
factors/…             each factor's values; and further/…, the tokenizers of further sources that have their own
metrics.json          what was measured
card.md               the same for people
manifest.json         format, identity, checksums, where the data came from, versions
"""

from __future__ import annotations

import hashlib
import platform
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import seqloom
from seqloom.core import settings
from seqloom.core.errors import ModelFolderError
from seqloom.core.files import read_json, write_json, write_text
from seqloom.data.numbering import Numbering
from seqloom.data.tokenizers import TextTokenizer, load_tokenizer
from seqloom.data.tokenizers.sides import load_sides, name_sides
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.weights import load_weights, save_weights
from seqloom.workflow.recipe import Recipe

__all__ = ["FORMAT", "Opened", "begin_folder", "build_model", "build_numbering", "open_folder", "put_weights"]

FORMAT = 1
"""Of the folder. A reader refuses one that is newer than its own."""

WEIGHTS = "weights.safetensors"
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".dill")
_FACTORS, _FURTHER, _TASKS = "factors", "further", "tasks"
_NO_OTHERS: Mapping[str, TextTokenizer] = MappingProxyType({})
_LIBRARIES = ("torch", "numpy", "safetensors", "sentencepiece")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A model folder, read."""

    path: Path
    recipe: Recipe
    numbering: Numbering
    model: EncoderDecoder
    metrics: Mapping[str, Any]
    manifest: Mapping[str, Any]


def begin_folder(
    folder: Path,
    recipe: Recipe,
    numbering: Numbering,
    *,
    longest_source: int,
    seen: Mapping[str, Any],
    trained: Mapping[str, Any],
) -> None:
    """Everything but the weights and what will be measured. The manifest is last: without it there is no model."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "recipe.toml", settings.to_toml(recipe))
    for name, tokenizer in _tokenizers(numbering):
        tokenizer.save(folder / name)
    checked = [path for name, _ in _tokenizers(numbering) for path in sorted((folder / name).iterdir())]
    manifest = {
        "format": FORMAT,
        "id": uuid.uuid4().hex,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seqloom": seqloom.__version__,
        "code": _code_hash(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "seed": recipe.training.seed,
        "longest_source": longest_source,
        "data": dict(seen),
        "files": {path.relative_to(folder).as_posix(): sha256(path) for path in checked},
        **trained,
    }
    write_json(folder / "manifest.json", manifest)


def put_weights(folder: Path, model: EncoderDecoder) -> None:
    """The weights of now, in place of any before."""
    save_weights(model, folder / WEIGHTS, mark=_manifest(folder)["id"])


def open_folder(folder: Path, *, trust: frozenset[str] | None = frozenset()) -> Opened:
    """Read a model folder; one that is incomplete, damaged, newer or unsafe is refused in one line."""
    manifest = _manifest(folder)
    _refuse_pickles(folder)
    _check_files(folder, manifest)
    recipe_path = _there(folder, "recipe.toml")
    recipe = settings.load(Recipe, recipe_path, trust=trust)
    if not (folder / WEIGHTS).is_file():
        unfinished = (folder / "checkpoints").is_dir()
        raise ModelFolderError(
            f"{folder}: `{WEIGHTS}` is missing. "
            + ("The run has not come to its first validation: go on with `--resume`." if unfinished else _AGAIN)
        )
    numbering = open_numbering(folder, recipe)
    model = build_model(recipe, numbering)
    load_weights(model, folder / WEIGHTS, mark=manifest["id"])
    metrics = read_json(folder / "metrics.json") if (folder / "metrics.json").is_file() else {}
    return Opened(
        path=folder, recipe=recipe, numbering=numbering, model=model.eval(), metrics=metrics, manifest=manifest
    )


def open_numbering(folder: Path, recipe: Recipe) -> Numbering:
    data = recipe.data
    own = [name for name, each in data.sources.items() if each.tokenizer is not None]
    others = {name: load_tokenizer(folder / _FACTORS / name) for name in data.factors}
    others |= {name: load_tokenizer(folder / _FURTHER / name) for name in own}
    tasks = {name: load_tokenizer(folder / _TASKS / name / "target") for name in data.tasks}
    return build_numbering(recipe, *load_sides(folder), others, tasks)


def build_numbering(
    recipe: Recipe,
    source: TextTokenizer,
    target: TextTokenizer,
    others: Mapping[str, TextTokenizer] = _NO_OTHERS,
    tasks: Mapping[str, TextTokenizer] = _NO_OTHERS,
) -> Numbering:
    """``others`` are the tokenizers of factors, and of further sources that have their own; ``tasks`` those of further
    tasks' targets."""
    data = recipe.data
    sides = {"source": source, "target": target}
    further = {name: others.get(name, sides[each.like]) for name, each in data.sources.items()}
    read = {**others, **further}  # a task reads what the main one reads
    return Numbering(
        source,
        target,
        copies=getattr(recipe.model.head, "copies", False),  # a head of the recipe's author need not say
        factors={name: others[name] for name in data.factors},
        further=further,
        aligned=data.alignment is not None,
        sourceless=data.source == "none",
        max_source=data.max_source,
        max_target=data.max_target,
        on_long=data.on_long,
        tasks={name: build_numbering(recipe.task(name), source, tasks[name], read) for name in data.tasks},
    )


def build_model(recipe: Recipe, numbering: Numbering) -> EncoderDecoder:
    """The model with fresh weights."""
    return recipe.model.build(
        source=numbering.source_vocabulary,
        target=numbering.target_vocabulary,
        parts=numbering.part_vocabularies,
        tasks={name: each.target_vocabulary for name, each in numbering.tasks.items()},
    )


def sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


_AGAIN = "Copy the folder again, whole."


def _tokenizers(numbering: Numbering) -> list[tuple[str, TextTokenizer]]:
    sides = numbering.sources, numbering.targets
    found = [*name_sides(*sides).items()]
    found += [(f"{_FACTORS}/{name}", tokenizer) for name, tokenizer in numbering.beside.factors.items()]
    own = [(name, each) for name, each in numbering.beside.further.items() if all(each is not side for side in sides)]
    found += [(f"{_FURTHER}/{name}", tokenizer) for name, tokenizer in own]
    return found + [(f"{_TASKS}/{name}/target", each.targets) for name, each in numbering.tasks.items()]


def _manifest(folder: Path) -> dict[str, Any]:
    if not folder.exists():
        raise ModelFolderError(f"{folder}: there is no such folder. It must be one that `seqloom train` made.")
    if not folder.is_dir():
        raise ModelFolderError(f"{folder}: must be a model folder, but is a file.")
    path = folder / "manifest.json"
    if not path.is_file():
        raise ModelFolderError(f"{folder}: must be a model folder, but has no `manifest.json`.")
    manifest = read_json(path)
    number = manifest.get("format")
    if not isinstance(number, int) or not {"id", "files", "longest_source"} <= manifest.keys():
        raise ModelFolderError(f"{path}: is not a manifest of Seqloom. {_AGAIN}")
    if number > FORMAT:
        raise ModelFolderError(
            f"{folder}: was written by a newer Seqloom (format {number}; this is {seqloom.__version__}, which reads up "
            f"to {FORMAT}). Upgrade Seqloom."
        )
    return manifest


def _there(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise ModelFolderError(f"{folder}: `{name}` is missing. {_AGAIN}")
    return path


def _check_files(folder: Path, manifest: Mapping[str, Any]) -> None:
    for name, digest in manifest["files"].items():
        if sha256(_there(folder, name)) != digest:
            raise ModelFolderError(f"{folder / name}: is not the file that the model was trained with. {_AGAIN}")


def _refuse_pickles(folder: Path) -> None:
    """A pickle runs code when it is read. Seqloom reads none, and wants nobody to trust a folder that has one."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _PICKLES or (path.suffix == ".bin" and path.is_file() and _looks_pickled(path)):
            raise ModelFolderError(
                f"{path}: looks like a pickle, which runs code when it is read. No model folder has one: "
                f"delete it, or get the folder from its maker again."
            )


def _looks_pickled(path: Path) -> bool:
    with path.open("rb") as opened:
        start = opened.read(2)
    return start[:1] == b"\x80" or start == b"PK"


def _code_hash() -> str:
    """Of the package's own files: two models of one version may still come from two codes."""
    package = Path(seqloom.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def put_metrics(folder: Path, metrics: Mapping[str, Any]) -> None:
    """What was measured, for programs and for people."""
    write_json(folder / "metrics.json", metrics)

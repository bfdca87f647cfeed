"""How large a model is: on disk, as far as answering needs it, and in parameters. No torch here."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

from seqloom.workflow.manifest import read_manifest

__all__ = ["megabytes_of", "parameters_of"]

_WEIGHTS, _LEXICON = "weights.safetensors", "lexicon.safetensors"
_ANSWERING = ("manifest.json", "recipe.toml", "metrics.json", _WEIGHTS)
"""What answering reads of a model's folder, beside the files that its manifest names."""


def megabytes_of(folder: Path, *, shortlist: bool = False) -> float:
    """Of a model's folder the files that answering needs, with the lexicon for a shortlist; of an exported one all."""
    manifest = read_manifest(folder)
    if "engine" in manifest:
        return _megabytes(folder.rglob("*"))
    names = [*_ANSWERING, *manifest["files"], *([_LEXICON] if shortlist else [])]
    return _megabytes(folder / each for each in names)


def parameters_of(folder: Path) -> int | None:
    """By what the weights' file says of itself; None where an engine's own files have them."""
    path = folder / _WEIGHTS
    if not path.is_file():
        return None
    with path.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        tensors = json.loads(opened.read(length))
    return sum(math.prod(each["shape"]) for name, each in tensors.items() if name != "__metadata__")


def _megabytes(paths: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6

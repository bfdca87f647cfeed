"""A tokenizer's folder: a `tokenizer.json` that says what it is, and the files that it needs."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqloom.core.errors import ModelFolderError
from seqloom.core.files import write_json

__all__ = ["Saved", "read_folder", "write_folder"]

_FORMAT = 1
_NAME = "tokenizer.json"


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What `tokenizer.json` says, once every file was found whole."""

    settings: Mapping[str, Any]
    special_tokens: tuple[str, ...]


def write_folder(
    folder: Path, *, settings: Mapping[str, Any], special_tokens: Sequence[str], files: Sequence[str]
) -> None:
    """Say what the folder holds. Called last, so that a folder without `tokenizer.json` is seen to be unfinished."""
    about = {
        "format": _FORMAT,
        "settings": settings,
        "special_tokens": list(special_tokens),
        "files": {name: _fingerprint(folder / name) for name in files},
    }
    write_json(folder / _NAME, about)


def read_folder(folder: Path) -> Saved:
    """Raises ModelFolderError with one line where the folder is not what ``write_folder`` left."""
    path = folder / _NAME
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        found = Saved(settings=dict(about["settings"]), special_tokens=tuple(about["special_tokens"]))
        files = dict(about["files"])
        number = about["format"]
    except FileNotFoundError:
        raise ModelFolderError(f"{folder} must hold a tokenizer, but has no {_NAME}. Name another folder.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelFolderError(f"{path} is damaged or of another program. Save the tokenizer anew.") from None
    if number != _FORMAT:
        raise ModelFolderError(f"{path} must be of format {_FORMAT}, but is of {number!r}. Save the tokenizer anew.")
    for name, fingerprint in files.items():
        try:
            whole = _fingerprint(folder / name) == fingerprint
        except OSError:
            raise ModelFolderError(f"{folder / name} is missing. Save the tokenizer anew.") from None
        if not whole:
            raise ModelFolderError(f"{folder / name} is damaged: it is not what was saved. Save the tokenizer anew.")
    return found


def _fingerprint(path: Path) -> dict[str, int]:
    content = path.read_bytes()
    return {"bytes": len(content), "crc32": zlib.crc32(content)}

"""The manifest: what a folder is, and whether it is whole and safe to read."""

from __future__ import annotations

import hashlib
import platform
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import seqloom
from seqloom.core.errors import ModelFolderError
from seqloom.core.files import read_json, write_json

__all__ = [
    "AGAIN",
    "FORMAT",
    "begin_manifest",
    "open_manifest",
    "put_metrics",
    "read_manifest",
    "read_metrics",
    "sha256",
    "there",
]

FORMAT = 1
"""Of the folder. A reader refuses one that is newer than its own."""

AGAIN = "Copy the folder again, whole."
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".dill")


def begin_manifest(folder: Path, files: Iterable[Path], *, libraries: Sequence[str], **more: Any) -> None:
    """The last file of a folder: without it there is no model. ``files`` must stay what they are now."""
    from importlib.metadata import version  # with it come sockets and e-mail, which few commands need

    write_json(
        folder / "manifest.json",
        {
            "format": FORMAT,
            "id": uuid.uuid4().hex,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "seqloom": seqloom.__version__,
            "code": _code_hash(),
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in libraries},
            "files": {path.relative_to(folder).as_posix(): sha256(path) for path in files},
            **more,
        },
    )


def open_manifest(folder: Path) -> dict[str, Any]:
    """Of a folder that is whole, and that nothing in it makes unsafe; any other is refused in one line."""
    manifest = read_manifest(folder)
    _refuse_pickles(folder)
    _check_files(folder, manifest)
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a folder says of itself, its other files unseen."""
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
        raise ModelFolderError(f"{path}: is not a manifest of Seqloom. {AGAIN}")
    if number > FORMAT:
        raise ModelFolderError(
            f"{folder}: was written by a newer Seqloom (format {number}; this is {seqloom.__version__}, which reads up "
            f"to {FORMAT}). Upgrade Seqloom."
        )
    return manifest


def there(folder: Path, name: str) -> Path:
    """A file that a model folder must have."""
    path = folder / name
    if not path.is_file():
        raise ModelFolderError(f"{folder}: `{name}` is missing. {AGAIN}")
    return path


def _check_files(folder: Path, manifest: Mapping[str, Any]) -> None:
    for name, digest in manifest["files"].items():
        if sha256(there(folder, name)) != digest:
            raise ModelFolderError(f"{folder / name}: is not the file that the model was trained with. {AGAIN}")


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


def sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def put_metrics(folder: Path, metrics: Mapping[str, Any]) -> None:
    """What was measured, for programs and for people."""
    write_json(folder / "metrics.json", metrics)


def read_metrics(folder: Path) -> Mapping[str, Any]:
    """What was measured, if anything was."""
    path = folder / "metrics.json"
    return read_json(path) if path.is_file() else {}


def _code_hash() -> str:
    """Of the package's own files: two models of one version may still come from two codes."""
    package = Path(seqloom.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()

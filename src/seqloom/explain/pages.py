"""Where a page or another file is written to, found fit before anything is computed."""

from __future__ import annotations

from pathlib import Path

from seqloom.core.errors import DataError

__all__ = ["check_file", "check_page"]


def check_page(path: Path) -> None:
    """Raise a DataError for what cannot be a page."""
    check_file(path, "html", ".html", ".htm")


def check_file(path: Path, option: str, *endings: str) -> None:
    """Raise a DataError for what does not end as the option's files do, the first ending being the usual one."""
    if path.suffix.lower() not in endings:
        raise DataError(f"`--{option}` must end in {endings[0]}, but is {path}.")
    if not path.absolute().parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}. Make it, or choose another `--{option}`.")

"""Where a page is written to, found fit before anything is computed."""

from __future__ import annotations

from pathlib import Path

from seqloom.core.errors import DataError

__all__ = ["check_page"]


def check_page(path: Path) -> None:
    """Raise a DataError for what cannot be a page."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise DataError(f"`--html` must end in .html, but is {path}.")
    if not path.absolute().parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}. Make it, or choose another `--html`.")

"""Files that are whole or not there: written beside, then moved into place."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from seqloom.core.errors import ModelFolderError, SeqloomError

__all__ = ["read_json", "whole_file", "write_json", "write_text"]


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes its place only when it is complete; what was there before stays until then."""
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("wb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise SeqloomError(f"{path}: cannot be written: {error.strerror}. {_remedy(error)}") from error
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space, then go on."
    return "Choose another place, or change its permissions."


def write_text(path: Path, text: str) -> None:
    with whole_file(path) as opened:
        opened.write(text.encode())


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelFolderError(f"{path}: cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ModelFolderError(f"{path}: must be JSON, but is cut off or damaged. Copy the folder again.") from error
    if not isinstance(data, dict):
        raise ModelFolderError(f"{path}: must be a JSON object, but is not. Copy the folder again.")
    return data

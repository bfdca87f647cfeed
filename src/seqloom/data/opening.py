"""Files as blocks of bytes, whatever they are compressed with; and what a whole file can be that is no text."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from seqloom.core.errors import DataError
from seqloom.core.wording import nearest
from seqloom.data.packing import kind_of, unpacked, without_packing

__all__ = ["STANDARD_INPUT", "blocks_of", "check_file", "check_text", "flows", "shown", "suffix_of"]

STANDARD_INPUT = "-"
_BLOCK = 1 << 18
_HEAD = 1 << 12

_MAGIC = {
    b"\x1f\x8b": "a gzip archive. Unpack it, or end its name in `.gz`",
    b"\x28\xb5\x2f\xfd": "a zstandard archive. Unpack it, or end its name in `.zst`",
    b"PK\x03\x04": "a zip archive or a spreadsheet. Unpack it, or save the sheet as CSV",
    b"BZh91AY": "a bzip2 archive. Unpack it, or end its name in `.bz2`",
    b"\xfd7zXZ": "an xz archive. Unpack it, or end its name in `.xz`",
    b"%PDF-": "a PDF. Save its text",
    b"PAR1": "a Parquet file. End its name in `.parquet`",
    b"ARROW1": "an Arrow file. Save it as JSON lines",
    b"SQLite format 3": "an SQLite database. Save the table as CSV",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
_ROOTS = {b"<tmx": "TMX", b"<xliff": "XLIFF", b"<REUTERS": "SGML of Reuters", b"<srcset": "SGML of WMT"}
_ENDINGS = {"TMX": ".tmx", "XLIFF": ".xlf"}


def shown(file: str) -> str:
    """What a message calls it."""
    return "standard input" if file == STANDARD_INPUT else file


def suffix_of(file: str) -> str:
    """What tells the format: ".tsv" of train.tsv and of train.tsv.gz."""
    return Path(without_packing(file.lower())).suffix


def flows(name: str) -> bool:
    """Whether it can be read only once: standard input, or a pipe that has a name."""
    paths = [Path(part) for part in (name, *name.split(","))]
    return name == STANDARD_INPUT or any(path.exists() and not path.is_file() and not path.is_dir() for path in paths)


def check_file(file: str) -> None:
    """Raise a DataError for what is not there or cannot be opened."""
    path = Path(file)
    if not os.path.exists(file):  # unlike the path's own, False for a name that cannot be
        raise DataError(f"{file}: there is no such file.{_guess(path)}")
    if path.is_dir():
        inside = sorted(name for name in _names_in(path) if (path / name).is_file())
        example = f", such as `{path / inside[0]}`" if inside else ""
        raise DataError(f"{file} must be a file, but is a folder. Name a file in it{example}.")
    if not os.access(path, os.R_OK):
        raise DataError(f"{file}: you have no permission to read it. Do `chmod u+r {file}`.")


def _guess(path: Path) -> str:
    if not os.path.isdir(path.parent):
        return f" Nor is there a folder `{path.parent}`."
    name = nearest(path.name, _names_in(path.parent))
    return f" Did you mean `{path.parent / name}`?" if name else ""


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def check_text(file: str, start: bytes) -> None:
    """Raise a DataError where the first block is that of a well-known format which is no text."""
    for magic, what in _MAGIC.items():
        # A line of text may begin with PAR1; a Parquet file has NUL bytes besides.
        if start.startswith(magic) and (not magic.isalnum() or b"\0" in start):
            raise DataError(f"{shown(file)} must be text, but is {what}.")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and suffix_of(file) not in (".sgm", ".sgml", ".xml"):
        for root, what in _ROOTS.items():
            if root in start[:_HEAD]:
                ending = _ENDINGS.get(what, ".sgm")
                raise DataError(f"{shown(file)} must be lines of text, but is {what}. End its name in `{ending}`.")


def blocks_of(file: str, stdin: BinaryIO | None = None) -> Iterator[bytes]:
    """The bytes of the file, unpacked, in blocks."""
    try:
        if file == STANDARD_INPUT:
            yield from _standard_input(stdin)
        elif kind_of(file):
            yield from unpacked(file)
        else:
            with open(file, "rb") as plain:
                while block := plain.read(_BLOCK):
                    yield block
    except OSError as error:
        raise DataError(f"{shown(file)} cannot be read: {error.strerror or error}.") from error


def _standard_input(stdin: BinaryIO | None) -> Iterator[bytes]:
    stream = stdin if stdin is not None else sys.stdin.buffer
    # A pipe is answered as its lines come: read1 gives what is there, and does not wait for a full block.
    read = getattr(stream, "read1", stream.read)
    while block := read(_BLOCK):
        yield block

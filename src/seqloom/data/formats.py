"""Formats that are no plain lines: which one a file is, by its name, and its rows.

A format's own module is imported when there is such a file, for most commands meet none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Literal

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.columns import Columns
from seqloom.data.encodings import encoding_of
from seqloom.data.fields import Record, languages_of, read_fields, read_languages
from seqloom.data.lines import lines_of
from seqloom.data.opening import blocks_of, check_file, suffix_of
from seqloom.data.rows import BadLine, Row

__all__ = ["Format", "format_of", "languages_in", "read_format", "read_records", "read_sides"]

Format = Literal["tmx", "xliff", "xml", "sgml", "po", "mo", "conll", "conllu", "parquet"]

_SUFFIXES: dict[str, Format] = {
    ".tmx": "tmx",
    ".xlf": "xliff",
    ".xliff": "xliff",
    ".sdlxliff": "xliff",
    ".mqxliff": "xliff",
    ".xml": "xml",
    ".sgm": "sgml",
    ".sgml": "sgml",
    ".po": "po",
    ".pot": "po",
    ".mo": "mo",
    ".gmo": "mo",
    ".conll": "conll",
    ".iob": "conll",
    ".bio": "conll",
    ".conllu": "conllu",
    ".parquet": "parquet",
}
_LONGEST = 1 << 28
"""Of an MO file, which is read whole."""


def format_of(file: str) -> Format | None:
    """What its name says; None: lines of text."""
    return _SUFFIXES.get(suffix_of(file))


def read_format(
    file: str, kind: Format, *, encoding: str, columns: Columns, sources_only: bool
) -> Iterator[Row | BadLine]:
    """The rows of such a file, read as they are asked for."""
    check_file(file)
    blocks = blocks_of(file)
    start = next(blocks, b"")
    if not start:
        raise DataError(f"{file} is empty.")
    if kind == "parquet":
        from seqloom.data.parquet import read_parquet

        return read_parquet(file, columns=columns, sources_only=sources_only)
    blocks = chain([start], blocks)
    root = kind if kind != "xml" else _root(file, start)
    if records_of := _languages(root):
        return read_languages(iter(records_of(file, blocks)), file=file, columns=columns, sources_only=sources_only)
    match root:
        case "po":
            from seqloom.data.po import PO, po_records

            _is_text(file, "a PO file", start)
            records = po_records(file, lines_of(file, encoding=_po_encoding(file, start, encoding)))
            return read_fields(
                records, file=file, columns=columns, sources_only=sources_only, names=PO, usual=("source", "target")
            )
        case "mo":
            from seqloom.data.po import PO, mo_records

            records = mo_records(file, _all(file, blocks))
            return read_fields(
                records, file=file, columns=columns, sources_only=sources_only, names=PO, usual=("source", "target")
            )
        case "sgml" if re.search(rb"<reuters\b", start, re.IGNORECASE):
            from seqloom.data.reuters import REUTERS, reuters_records

            return read_fields(
                reuters_records(file, lines_of(file, encoding=encoding)),
                file=file,
                columns=columns,
                sources_only=sources_only,
                names=REUTERS,
                usual=("headline", "topics"),
            )
        case "sgml":
            return read_sides([file], encoding=encoding, columns=columns, sources_only=sources_only)
        case _:
            from seqloom.data.conll import read_conll

            lines = lines_of(file, encoding=encoding)
            return read_conll(lines, file=file, columns=columns, sources_only=sources_only, universal=kind == "conllu")


def read_records(file: str) -> Iterator[Record | BadLine] | None:
    """What is in such a file, by its language; None where the format says none."""
    check_file(file)
    blocks = blocks_of(file)
    start = next(blocks, b"")
    kind = format_of(file)
    records_of = _languages(kind if kind != "xml" else _root(file, start))
    return iter(records_of(file, chain([start], blocks))) if records_of else None


def languages_in(file: str, *, columns: Columns) -> tuple[str, str] | None:
    """The languages that its rows would be in, where the file says it."""
    kind = format_of(file)
    if kind not in ("tmx", "xliff", "xml"):
        return None
    check_file(file)
    blocks = blocks_of(file)
    start = next(blocks, b"")
    if not start:
        raise DataError(f"{file} is empty.")
    records_of = _languages(kind if kind != "xml" else _root(file, start))
    if records_of is None:
        return None
    source, target = languages_of(records_of(file, chain([start], blocks)), file=file, columns=columns)
    return None if (source, target) == ("source", "target") else (source, target)


def read_sides(files: Sequence[str], *, encoding: str, columns: Columns, sources_only: bool) -> Iterator[Row | BadLine]:
    """Test sets of WMT that have a file a side."""
    from seqloom.data.wmt import read_segments, segments_of

    sides = [segments_of(file, lines_of(file, encoding=encoding)) for file in files]
    return read_segments(files, sides, columns=columns, sources_only=sources_only)


def _languages(root: str | None) -> Callable[[str, Iterator[bytes]], Iterator[Record | BadLine]] | None:
    """What reads a format that says in which language everything is; None of any other."""
    match root:
        case "tmx":
            from seqloom.data.tmx import tmx_records

            return tmx_records
        case "xliff":
            from seqloom.data.xliff import xliff_records

            return xliff_records
        case "dataset":
            from seqloom.data.wmt import wmt_records

            return wmt_records
    return None


def _root(file: str, start: bytes) -> str:
    """What an `.xml` file holds, by its first element."""
    # Of UTF-16 this leaves the letters.
    found = re.search(r"<([A-Za-z][\w:.-]*)", start.replace(b"\0", b"").decode("latin-1"))
    name = found[1].rpartition(":")[2].lower() if found else ""
    if name in ("tmx", "xliff", "dataset"):
        return name
    if name in ("srcset", "refset", "tstset", "mteval", "reuters"):
        return "sgml"
    what = f"begins with <{name}>" if name else "is no XML"
    raise DataError(f"{file} must be TMX, XLIFF or a test set of WMT, but {what}. Save its pairs as TSV or JSON lines.")


def _is_text(file: str, what: str, start: bytes) -> None:
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{file} must be {what}, as its name says, but is binary: it holds NUL bytes.")


def _po_encoding(file: str, start: bytes, encoding: str) -> str:
    """The header's word counts: there is hardly a PO file without it."""
    from seqloom.data.po import po_charset

    named = po_charset(start)
    try:
        return encoding_of(named).name if named else encoding
    except RecipeError as error:
        raise DataError(f"{file}: its header has charset={named}, which nobody knows. Correct it.") from error


def _all(file: str, blocks: Iterator[bytes]) -> bytes:
    data = bytearray()
    for block in blocks:
        data += block
        if len(data) > _LONGEST:
            raise DataError(f"{file} must be an MO file, as its name says, but is longer than 256 MiB.")
    return bytes(data)

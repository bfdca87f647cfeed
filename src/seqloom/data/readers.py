"""Rows from files, from standard input and from Python: whatever holds pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from seqloom.core.errors import DataError
from seqloom.data.columns import FIRST_TWO, Columns
from seqloom.data.formats import format_of, read_format, read_sides
from seqloom.data.lines import lines_of
from seqloom.data.objects import read_jsonl
from seqloom.data.opening import STANDARD_INPUT, blocks_of, shown, suffix_of
from seqloom.data.pairs import read_pairs
from seqloom.data.parallel import parts_of, read_parallel
from seqloom.data.rows import BadLine, Row
from seqloom.data.squad import is_squad, read_squad
from seqloom.data.tables import SAMPLE, read_csv, read_tsv

__all__ = ["Columns", "read_pairs", "read_rows"]


def read_rows(
    file: str,
    *,
    encoding: str = "utf-8",
    columns: Columns = FIRST_TWO,
    sources_only: bool = False,
    stdin: BinaryIO | None = None,
) -> Iterator[Row | BadLine]:
    """The rows of a file in order, and its bad lines where they stand; read as they are asked for.

    The name tells the format: `.csv`; `.jsonl`, `.ndjson` and `.json` (an object a line, or SQuAD's
    layout); parallel files as "train.de,train.en"; what ``formats`` knows (TMX, XLIFF, PO, Parquet …);
    anything else holds columns parted by TABs. Any of them may end in `.gz`, `.xz`, `.bz2` or `.zst`. "-" is
    standard input. With `sources_only` a target may be missing, and text without TABs, as well as standard input, is
    one source a line; where further columns are asked for, standard input may have TABs. When it is empty it is no row,
    so that a pipe may be idle.

    What is wrong with the file as a whole is a DataError from this call, except what only its end can show.
    """
    rows = _rows(file, encoding=encoding, columns=columns, sources_only=sources_only, stdin=stdin)
    # The first row is read now, so that a file that is missing or of another kind is known before any work begins.
    return chain(list(islice(rows, 1)), rows)


def _rows(
    file: str, *, encoding: str, columns: Columns, sources_only: bool, stdin: BinaryIO | None
) -> Iterator[Row | BadLine]:
    parts = parts_of(file)
    if len(parts) > 1:
        kinds = {part: format_of(part) for part in parts}
        if set(kinds.values()) == {"sgml"}:
            return read_sides(parts, encoding=encoding, columns=columns, sources_only=sources_only)
        if odd := next((part for part, kind in kinds.items() if kind), None):
            raise DataError(f"{file}: parallel files must be lines of text, but {odd} is none. Name it by itself.")
        return read_parallel(parts, [lines_of(part, encoding=encoding, stdin=stdin) for part in parts], columns=columns)
    if kind := format_of(file):
        return read_format(file, kind, encoding=encoding, columns=columns, sources_only=sources_only)
    name = shown(file)
    flowing = sources_only and file == STANDARD_INPUT
    plain = flowing and not columns.extras
    lines = lines_of(file, encoding=encoding, stdin=stdin, may_be_empty=flowing)
    match suffix_of(file):
        case ".csv":
            return read_csv(lines, file=name, columns=columns, sources_only=sources_only)
        case ".json" if is_squad(next(blocks_of(file), b"")):
            return read_squad(lines, file=name, columns=columns, sources_only=sources_only)
        case ".jsonl" | ".ndjson" | ".json":
            return read_jsonl(lines, file=name, columns=columns, sources_only=sources_only)
    # What flows is answered as it comes, so that its first line must do to know it by.
    looked_at = 1 if flowing else SAMPLE
    if sources_only and not plain:
        sample = list(islice(lines, looked_at))
        lines = chain(sample, lines)
        plain = not _has_columns(sample)
    if plain:
        return _sources(lines, file=name)
    return read_tsv(lines, file=name, columns=columns, sources_only=sources_only, looked_at=looked_at)


def _has_columns(sample: Iterable[str | BadLine]) -> bool:
    """Whether TABs are the rule, not what somebody typed into a sentence."""
    texts = [line for line in sample if isinstance(line, str) and line]
    return 2 * sum("\t" in line for line in texts) > len(texts)


def _sources(lines: Iterable[str | BadLine], *, file: str) -> Iterator[Row | BadLine]:
    for number, line in enumerate(lines, start=1):
        yield line if isinstance(line, BadLine) else Row(source=line, file=file, line=number)

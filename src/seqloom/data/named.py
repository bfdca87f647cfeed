"""Rows that have every column of a file by its name, of which a task then makes its questions: n-way parallel text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from seqloom.core.errors import DataError
from seqloom.data.columns import Columns
from seqloom.data.fields import canonical
from seqloom.data.formats import format_of, read_records
from seqloom.data.lines import lines_of
from seqloom.data.objects import UnreadableError, as_text, read_objects, references
from seqloom.data.opening import flows, shown, suffix_of
from seqloom.data.packing import without_packing
from seqloom.data.parallel import parts_of, read_parallel
from seqloom.data.parquet import read_parquet_as
from seqloom.data.readers import read_rows
from seqloom.data.rows import BadLine, Row
from seqloom.data.tables import csv_records, tsv_records

__all__ = ["is_language", "read_asked", "read_named", "read_named_pairs"]

_CODE = re.compile(r"[a-z]{2}(-[a-z0-9]{2,8})*")
_NO_LANGUAGES = frozenset({"by", "id", "to"})
"""Belarusian, Indonesian and Tongan, but more often other columns: who means them says so."""
_SIDES = ("source", "target")
_OBJECTS = (".jsonl", ".ndjson", ".json")


def is_language(name: str) -> bool:
    """Whether a column that nobody explains is one: "de", "pt_BR"."""
    code = canonical(name)
    return _CODE.fullmatch(code) is not None and code not in _NO_LANGUAGES


def read_named(file: str, names: Sequence[str], *, encoding: str = "utf-8") -> Iterator[Row | BadLine]:
    """The rows of a file with all their columns in ``Row.extras``; those named "source" and "target" are that too.

    Parallel files are called by their endings, columns of tables by the first line, languages by what the file calls
    them. Where a file has no names, ``names`` are those of its columns in their order. What is wrong with the file as
    a whole is a DataError from this call, as far as its beginning shows it.
    """
    rows = _rows(file, names, encoding)
    return chain(list(islice(rows, 1)), rows)


def read_asked(file: str, *, encoding: str, columns: Columns, sources_only: bool) -> Iterator[Row | BadLine]:
    """Questions: a source a line, or with columns beside it that the first line or each object names."""
    if suffix_of(file) in _OBJECTS and len(parts_of(file)) == 1:
        return read_named(file, (), encoding=encoding)
    if format_of(file) is None and len(parts_of(file)) == 1 and not flows(file):
        first = next(_records(file, encoding), (0, []))[1]
        if not isinstance(first, BadLine) and len(first) > 1 and "source" in [cell.strip() for cell in first]:
            return read_named(file, (), encoding=encoding)
    return read_rows(file, encoding=encoding, columns=columns, sources_only=sources_only)


def read_named_pairs(pairs: Iterable[object], *, name: str = "<pairs>") -> Iterator[Row | BadLine]:
    """The same of dictionaries, a data frame, or rows."""
    if hasattr(pairs, "columns") and hasattr(pairs, "shape"):
        frame: Any = pairs
        titles = [str(column) for column in frame.columns]
        values = zip(*(frame[column] for column in frame.columns), strict=True)
        pairs = (dict(zip(titles, each, strict=True)) for each in values)
    if isinstance(pairs, str | Mapping) or not isinstance(pairs, Iterable):
        raise DataError(f"{name} must be an iterable of dictionaries, but is of type {type(pairs).__name__}.")
    reader = _Objects(name)
    for number, item in enumerate(pairs, start=1):
        try:
            if isinstance(item, Row):
                yield item
            elif isinstance(item, Mapping):
                yield reader.row(item, number)
            else:
                what = f"expected a dictionary with a text for each language, found {type(item).__name__}"
                yield BadLine(file=name, line=number, what=what, text=repr(item))
        except UnreadableError as error:
            yield BadLine(file=name, line=number, what=str(error), text=repr(item))


def _rows(file: str, names: Sequence[str], encoding: str) -> Iterator[Row | BadLine]:
    parts = parts_of(file)
    if len(parts) > 1:
        return _parallel(parts, names, encoding)
    kind = format_of(file)
    if kind == "parquet":
        return read_parquet_as(_Objects(file), file)
    if kind is not None:
        return _of_records(file)
    if suffix_of(file) in _OBJECTS:
        empty = Row(source="")
        return read_objects(lines_of(file, encoding=encoding), _Objects(shown(file)), file=shown(file), empty=empty)
    return _table(_records(file, encoding), names, shown(file))


class _Objects:
    """Reads whatever an object holds; collections of parallel text have their languages below "translation"."""

    def __init__(self, file: str) -> None:
        self.file = file

    def row(self, found: Mapping[object, object], line: int) -> Row:
        nested = found.get("translation")
        if isinstance(nested, Mapping):
            found = {**found, **nested}
            del found["translation"]
        source = as_text(found["source"], "source") if "source" in found else ""
        targets = references(found["target"], "target") if "target" in found else ()
        extras = {key: each for key, each in found.items() if isinstance(key, str) and key not in _SIDES}
        return Row(source=source, targets=targets, extras=extras, file=self.file, line=line)


# ---- parallel files --------------------------------------------------------------------------------------------------


def _parallel(files: Sequence[str], names: Sequence[str], encoding: str) -> Iterator[Row | BadLine]:
    if odd := next((file for file in files if format_of(file)), None):
        raise DataError(f"{','.join(files)}: parallel files must be lines of text, but {odd} is none.")
    called = [_ending(file) for file in files]
    if len(names) == len(files) and not {canonical(each) for each in called} <= {*names}:
        called = [*names]
    if len(set(called)) < len(files) or not (names or all(map(is_language, called))):
        raise DataError(
            f"{','.join(files)}: parallel files must end in their languages, as `train.de,train.en` do, but end in "
            f"{', '.join(f'`{each}`' for each in called)}. Rename them, or name as many in `task.languages`."
        )
    columns = Columns(source=(1,), extras={name: place for place, name in enumerate(called, start=1)})
    for row in read_parallel(files, [lines_of(file, encoding=encoding) for file in files], columns=columns):
        if isinstance(row, BadLine):
            yield row
        else:
            yield Row(source="", extras=row.extras, file=row.file, line=row.line)


def _ending(file: str) -> str:
    """ "de" of train.de and of train.de.gz."""
    return Path(without_packing(file)).suffix.removeprefix(".")


# ---- formats that name languages -------------------------------------------------------------------------------------


def _of_records(file: str) -> Iterator[Row | BadLine]:
    records = read_records(file)
    if records is None:
        raise DataError(
            f"{file} does not say which languages it is in. Write it as a table whose first line does, with "
            "`seqloom data convert`."
        )
    for record in records:
        if isinstance(record, BadLine):
            yield record
        elif record.left_out:
            text = " ".join(each for values in record.values.values() for each in values)
            yield BadLine(file=file, line=record.line, what=record.left_out, text=text, left_out=True)
        else:
            yield Row(source="", extras={**record.extras, **record.values}, file=file, line=record.line)


# ---- tables ----------------------------------------------------------------------------------------------------------


def _records(file: str, encoding: str) -> Iterator[tuple[int, list[str] | BadLine]]:
    lines = lines_of(file, encoding=encoding)
    return csv_records(lines, file=shown(file)) if suffix_of(file) == ".csv" else tsv_records(lines)


def _table(
    records: Iterator[tuple[int, list[str] | BadLine]], names: Sequence[str], file: str
) -> Iterator[Row | BadLine]:
    titles: list[str] = []
    for number, cells in records:
        if isinstance(cells, BadLine):
            yield cells
        elif not any(cells):
            continue
        elif not titles:
            titles, header = _titles([cell.strip() for cell in cells], names, file, number)
            if not header:
                yield _record(cells, titles, file, number)
        else:
            yield _record(cells, titles, file, number)


def _titles(cells: list[str], names: Sequence[str], file: str, line: int) -> tuple[list[str], bool]:
    """What the columns are called, and whether the first line says so."""
    known = [cell for cell in cells if canonical(cell) in names or (not names and is_language(cell))]
    if len(known) > 1 or "source" in cells:
        return cells, True
    if names and len(cells) == len(names):
        return [*names], False
    raise DataError(
        f"{file}:{line}: the first line must name the languages of its columns, as `de<TAB>en<TAB>fr` does, or "
        f"`task.languages` name as many as there are, which are {len(cells)}."
    )


def _record(cells: Sequence[str], titles: Sequence[str], file: str, line: int) -> Row | BadLine:
    if len(cells) != len(titles):
        what = f"expected {len(titles)} columns, found {len(cells)}"
        return BadLine(file=file, line=line, what=what, text="\t".join(cells))
    found = dict(zip(titles, cells, strict=True))
    source, target = found.pop("source", ""), found.pop("target", None)
    return Row(source=source, targets=() if target is None else (target,), extras=found, file=file, line=line)

"""Tables: a record a line, its columns parted by TABs or commas."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from seqloom.core.errors import DataError
from seqloom.data.columns import Columns, Table, find_layout
from seqloom.data.rows import BadLine, Row

__all__ = ["SAMPLE", "csv_records", "read_csv", "read_tsv", "tsv_records"]

SAMPLE = 1000
"""How many lines are looked at before it is decided what a file is."""

_TSV = Table(noun="tab-separated columns", separator="\t", separate="Put a TAB between source and target")
_CSV = Table(noun="comma-separated columns", separator=",", separate="Put a comma between source and target")

_NOUNS = {",": _CSV.noun, ";": "semicolon-separated columns", "\t": _TSV.noun}

_Record = tuple[int, list[str] | BadLine]


def read_tsv(
    lines: Iterator[str | BadLine], *, file: str, columns: Columns, sources_only: bool, looked_at: int = SAMPLE
) -> Iterator[Row | BadLine]:
    """Columns parted by TABs. Nothing is quoted. So many lines are ``looked_at`` before the first row."""
    sample = list(islice(lines, looked_at))
    if not sources_only:
        _check_no_objects(sample, file, _TSV)
    records = [line.split("\t") for line in sample if isinstance(line, str)]
    if columns.whole_lines and not _has_header(records):
        yield from _lists(enumerate(chain(sample, lines), start=1), file=file, sources_only=sources_only)
        return
    layout = find_layout(records, columns, file=file, table=_TSV, sources_only=sources_only)
    header, row = layout.header, layout.row
    for number, line in enumerate(chain(sample, lines), start=1):
        if isinstance(line, BadLine):
            yield line
        elif header:
            header = not line.strip()
        else:
            yield row(line.split("\t"), number)


def read_csv(
    lines: Iterator[str | BadLine], *, file: str, columns: Columns, sources_only: bool
) -> Iterator[Row | BadLine]:
    """RFC 4180: commas, and double quotes around what holds commas, quotes or newlines. Spreadsheets of half the world
    write semicolons or TABs instead, which the first lines tell."""
    first = list(islice(lines, SAMPLE))
    if not sources_only:
        _check_no_objects(first, file, _CSV)
    separator, told = _separator([line for line in first if isinstance(line, str)])
    records = _csv_records(chain(first[told:], lines), file, separator, told)
    table = replace(_CSV, separator=separator, noun=_NOUNS[separator])
    sample = list(islice(records, SAMPLE))
    known = [record for _, record in sample if not isinstance(record, BadLine)]
    if columns.whole_lines and not _has_header(known):
        joined = ((number, _joined(record)) for number, record in chain(sample, records))
        yield from _lists(joined, file=file, sources_only=sources_only)
        return
    layout = find_layout(known, columns, file=file, table=table, sources_only=sources_only)
    header, row = layout.header, layout.row
    for number, record in chain(sample, records):
        if isinstance(record, BadLine):
            yield record
        elif header:
            header = not any(record)
        else:
            yield row(record, number)


def _check_no_objects(lines: Sequence[str | BadLine], file: str, table: Table) -> None:
    """A DataError where the lines are JSON, which has commas too."""
    first = next((line for line in lines if isinstance(line, str) and line.strip()), "")
    if first.lstrip().startswith('{"'):
        try:
            json.loads(first)
        except (ValueError, RecursionError):
            return
        raise DataError(f"{file} must have {table.noun}, but has JSON objects. End its name in `.jsonl`.")


def _has_header(records: Sequence[Sequence[str]]) -> bool:
    return bool(records) and {"source", "target"} <= {cell.strip() for cell in records[0]}


def _joined(record: list[str] | BadLine) -> str | BadLine:
    return record if isinstance(record, BadLine) else "\t".join(" ".join(cell.split()) for cell in record)


def _lists(lines: Iterable[tuple[int, str | BadLine]], *, file: str, sources_only: bool) -> Iterator[Row | BadLine]:
    """Lines that are sources with all their columns. A blank one is a row with empty sides, as in other tables."""
    for number, line in lines:
        if isinstance(line, BadLine):
            yield line
        elif line.strip():
            yield Row(source=line, file=file, line=number)
        else:
            yield Row(source="", targets=() if sources_only else ("",), file=file, line=number)


def csv_records(lines: Iterator[str | BadLine], *, file: str) -> Iterator[tuple[int, list[str] | BadLine]]:
    """The records of a CSV file, each with the number of its first line."""
    first = list(islice(lines, SAMPLE))
    separator, told = _separator([line for line in first if isinstance(line, str)])
    return _csv_records(chain(first[told:], lines), file, separator, told)


def tsv_records(lines: Iterable[str | BadLine]) -> Iterator[tuple[int, list[str] | BadLine]]:
    """The same of columns parted by TABs."""
    for number, line in enumerate(lines, start=1):
        yield number, line if isinstance(line, BadLine) else line.split("\t")


def _separator(lines: Sequence[str]) -> tuple[str, int]:
    """What parts the columns, and how many lines there are that say no more than that (`sep=;`)."""
    if lines and (found := re.fullmatch(r'"?sep=([,;\t])"?', lines[0])):
        return found[1], 1
    best, share = ",", 0.0
    for separator in _NOUNS:
        counts = list(_widths(lines, separator))
        usual = max(set(counts), key=counts.count, default=1)
        # Text may hold any of them; columns are where every record has as many. In doubt it is the comma.
        if usual > 1 and counts.count(usual) / len(counts) > share:
            best, share = separator, counts.count(usual) / len(counts)
    return best, 0


def _widths(lines: Sequence[str], separator: str) -> Iterator[int]:
    """How many columns each record has, but for those that cannot be read."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    while True:
        try:
            yield len(next(reader))
        except StopIteration:
            return
        except csv.Error:
            continue


def _csv_records(lines: Iterable[str | BadLine], file: str, separator: str = ",", before: int = 0) -> Iterator[_Record]:
    """Records with the number of their first line; one that holds a bad line is that bad line."""
    bad: list[BadLine] = []
    held: list[str] = []

    def fed() -> Iterator[str]:
        for line in lines:
            if isinstance(line, BadLine):
                bad.append(line)
                line = line.text
            held.append(line)
            yield f"{line}\n"

    reader = csv.reader(fed(), strict=True, delimiter=separator)
    while True:
        first = before + reader.line_num + 1
        held.clear()
        try:
            record: list[str] | BadLine = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            record = BadLine(file=file, line=first, what=_fault(error), text="\n".join(held))
        if bad:
            record = bad.pop(0)
            bad.clear()
        yield first, record


def _fault(error: csv.Error) -> str:
    what = str(error)
    if what == "unexpected end of data":
        return "a double quote opens here that is never closed"
    if what.startswith("field larger"):
        return f"a column is longer than {csv.field_size_limit()} characters; is a double quote not closed"
    if what.startswith("new-line character"):
        return "a carriage return stands alone; lines must end as those of Unix or Windows do"
    return f"not valid CSV ({what})"

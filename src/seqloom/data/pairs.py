"""Rows from Python: tuples, dictionaries, a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from seqloom.core.errors import DataError
from seqloom.core.wording import show
from seqloom.data.columns import FIRST_TWO, Columns
from seqloom.data.objects import ObjectReader, UnreadableError, as_series, as_text, one_series, references
from seqloom.data.rows import BadLine, Row

__all__ = ["read_pairs"]


def read_pairs(
    pairs: Iterable[object], *, columns: Columns = FIRST_TWO, sources_only: bool = False, name: str = "<pairs>"
) -> Iterator[Row | BadLine]:
    """Rows from any iterable of (source, target), (source, [references]), dictionaries or Rows.

    `columns` names the keys of dictionaries and the columns of a data frame, which are "source" and "target" by
    default; a frame of two columns needs no names, and a tuple has none. With `sources_only` an item may also be a text
    alone. `name` is what messages call it all; items are counted from 1.
    """
    if isinstance(pairs, str | bytes | Mapping) or not isinstance(pairs, Iterable):
        kind = type(pairs).__name__
        advice = "Give its `.items()`." if isinstance(pairs, Mapping) else "Give a list of them."
        raise DataError(f"{name} must be an iterable of (source, target), but is of type {kind}. {advice}")
    # Data frames of every library have both, and hand out a column by its name.
    if hasattr(pairs, "columns") and hasattr(pairs, "shape"):
        pairs, columns = _records(pairs, columns, sources_only=sources_only, name=name)
    return _rows(pairs, columns, sources_only=sources_only, name=name)


def _records(frame: Any, columns: Columns, *, sources_only: bool, name: str) -> tuple[Iterable[object], Columns]:
    """The rows of a data frame as dictionaries, and the columns to read by their names."""
    names = [str(column) for column in frame.columns]
    wanted = (*columns.source, *columns.target, *columns.extras.values())
    beyond = [each for each in wanted if isinstance(each, int) and each > len(names)]
    if beyond:
        raise DataError(f"{name}: column {beyond[0]} is asked for, but there are {len(names)}: {show(names)}.")
    source = tuple(each if isinstance(each, str) else names[each - 1] for each in columns.source)
    target = tuple(each if isinstance(each, str) else names[each - 1] for each in columns.target)
    extras = {name: each if isinstance(each, str) else names[each - 1] for name, each in columns.extras.items()}
    fitting = len(names) == 2 or (sources_only and len(names) == 1)
    if fitting and not source and not target and not {"source", "target"} <= set(names):
        source, target = (names[0],), tuple(names[1:])
    missing = [each for each in source or ("source",) if each not in names]
    missing += [each for each in target or ("target",) if each not in names and not sources_only]
    missing += [each for each in extras.values() if each not in names]
    if missing:
        raise DataError(f"{name} must have a column `{missing[0]}`, but has {show(names)}. Name those to read.")
    values = zip(*(frame[column] for column in frame.columns), strict=True)
    records = (dict(zip(names, each, strict=True)) for each in values)
    return records, replace(columns, source=source, target=target, extras=extras)


def _rows(items: Iterable[object], columns: Columns, *, sources_only: bool, name: str) -> Iterator[Row | BadLine]:
    reader: ObjectReader | None = None
    for number, item in enumerate(items, start=1):
        try:
            if isinstance(item, Row):
                yield item
            elif isinstance(item, Mapping):
                # Made for the first of them: a recipe may number the columns of its files, while its pairs are tuples.
                reader = reader or ObjectReader(columns, file=name, sources_only=sources_only)
                yield reader.row(item, number)
            else:
                source, targets = _pair(item, columns.numbers, sources_only=sources_only)
                yield Row(source=source, targets=targets, file=name, line=number)
        except UnreadableError as error:
            yield BadLine(file=name, line=number, what=str(error), text=repr(item))


def _pair(item: object, numbers: frozenset[str], *, sources_only: bool) -> tuple[str, tuple[str, ...]]:
    source_text = as_series if "source" in numbers else as_text
    if isinstance(item, str) and sources_only:
        return as_text(item, "source"), ()
    # A row of an array has a length and an order too; a set has no order, and two letters are no pair.
    if isinstance(item, str | bytes) or not (hasattr(item, "__len__") and hasattr(item, "__getitem__")):
        raise UnreadableError(f"expected a pair of source and target, found {show(item)}")
    values = [item[index] for index in range(len(item))]
    if len(values) == 1 and sources_only:
        return source_text(values[0], "source"), ()
    if len(values) != 2:
        raise UnreadableError(f"expected a pair of source and target, found {len(values)} items")
    targets = (one_series if "target" in numbers else references)(values[1], "target")
    return source_text(values[0], "source"), targets

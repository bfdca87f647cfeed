"""Pairs, wherever they are: in a file, or in hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from seqloom.core.errors import DataError
from seqloom.data.named import read_asked, read_named, read_named_pairs
from seqloom.data.readers import Columns, read_pairs, read_rows
from seqloom.data.rows import BadLine, Row
from seqloom.tasks import Task, TaskBase
from seqloom.workflow.use import Use
from seqloom.workflow.vectors import series_sides

__all__ = ["Pairs", "measurable", "questions_of", "rows_of"]

Pairs: TypeAlias = str | Path | Iterable[object]
"""A file as the command line names it, or anything that gives a source and a target at a time."""

_NONE: Mapping[str, int | str] = MappingProxyType({})


def rows_of(
    pairs: Pairs,
    recipe: Use,
    *,
    aligned: bool = False,
    channels: MutableMapping[str, int] | None = None,
    extras: Mapping[str, int | str] = _NONE,
    given: Mapping[str, Any] = _NONE,
) -> Iterator[Row | BadLine]:
    """As the recipe reads its data; ``aligned`` where it is learnt from, and the alignment must be there.

    ``channels`` are those that series must have, by side; it learns those of the first row where it has none.
    ``extras`` are columns that the recipe does not name, by what ``Row.extras`` shall call them. ``given`` is what is
    the same for all rows, whatever the file says of it.
    """
    data, task = recipe.data, recipe.task
    series = series_sides(recipe, channels)
    columns = Columns(
        source=data.source_columns,
        target=data.target_columns,
        extras=_without(given, {**extras, **task.columns, **data.annotations.columns(aligned=aligned)}),
        numbers=series.sides,
        listed=task.listed,
    )
    alone = data.rows == "texts"
    rows: Iterator[Row | BadLine]
    if task.named is not None:
        if isinstance(pairs, str | Path):
            rows = read_named(str(pairs), task.named, encoding=data.encoding)
        else:
            rows = read_named_pairs(pairs)
    elif isinstance(pairs, str | Path):
        rows = read_rows(str(pairs), encoding=data.encoding, columns=columns, sources_only=alone)
    else:
        rows = read_pairs(pairs, columns=columns, sources_only=alone)
    rows = series.rows(data.annotations.rows(_given(rows, given)))
    return _pairs(_twice(rows) if alone else rows, task)


def _without(given: Mapping[str, Any], columns: Mapping[str, int | str]) -> dict[str, int | str]:
    return {name: column for name, column in columns.items() if name not in given}


def _given(rows: Iterable[Row | BadLine], given: Mapping[str, Any]) -> Iterator[Row | BadLine]:
    for row in rows:
        yield replace(row, extras={**row.extras, **given}) if given and isinstance(row, Row) else row


def _twice(rows: Iterable[Row | BadLine]) -> Iterator[Row | BadLine]:
    """Texts that are both sides."""
    return (replace(row, targets=(row.source,)) if isinstance(row, Row) else row for row in rows)


def _pairs(rows: Iterable[Row | BadLine], task: TaskBase) -> Iterator[Row | BadLine]:
    for row in rows:
        if isinstance(row, Row):
            yield from task.pairs(row)
        else:
            yield row


def measurable(rows: Iterable[Row | BadLine], task: Task) -> Iterator[Row | BadLine]:
    """A pair on which nothing can be measured is a bad line."""
    for row in rows:
        what = task.refuses(row) if isinstance(row, Row) else None
        if what is None:
            yield row
        else:
            yield BadLine(file=row.file, line=row.line, what=what, text=getattr(row, "source", ""))


def questions_of(
    file: str,
    recipe: Use,
    *,
    channels: MutableMapping[str, int] | None = None,
    given: Mapping[str, Any] = _NONE,
) -> Iterator[Row]:
    """A row with a source a line, none left out: an answer must be found at its line.

    A line that cannot be read ends it. ``given`` as for ``rows_of``.
    """
    series = series_sides(recipe, channels)
    columns = Columns(
        source=recipe.data.source_columns,
        extras=_without(given, {**recipe.task.asked, **recipe.data.annotations.columns(aligned=False)}),
        numbers=series.sides,
        listed=recipe.task.listed,
    )
    read = read_rows if recipe.task.named is None else read_asked
    # What is wrong with a question's annotations is its own answer, and stops no other.
    rows = _given(read(file, encoding=recipe.data.encoding, columns=columns, sources_only=True), given)
    for row in series.rows(rows):
        if isinstance(row, BadLine):
            if row.left_out:
                continue
            raise DataError(f"{row}. The lines before it are answered; mend it and go on from there.")
        yield row

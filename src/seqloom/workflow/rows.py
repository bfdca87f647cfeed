"""Pairs, wherever they are: in a file, or in hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from seqloom.core.errors import DataError
from seqloom.data.readers import Columns, read_pairs, read_rows
from seqloom.data.rows import BadLine, Row
from seqloom.workflow.recipe import Recipe

__all__ = ["Pairs", "rows_of", "sources_of"]

Pairs: TypeAlias = str | Path | Iterable[object]
"""A file as the command line names it, or anything that gives a source and a target at a time."""


def rows_of(pairs: Pairs, recipe: Recipe) -> Iterator[Row | BadLine]:
    """As the recipe reads its data."""
    if isinstance(pairs, str | Path):
        return read_rows(str(pairs), encoding=recipe.data.encoding, columns=recipe.data.columns)
    return read_pairs(pairs, columns=recipe.data.columns)


def sources_of(file: str, recipe: Recipe) -> Iterator[str]:
    """A source a line, none left out: an answer must be found at its line. A line that cannot be read ends it."""
    columns = Columns(source=recipe.data.source_columns)
    for row in read_rows(file, encoding=recipe.data.encoding, columns=columns, sources_only=True):
        if isinstance(row, BadLine):
            raise DataError(f"{row}. The lines before it are answered; mend it and go on from there.")
        yield row.source

"""Parquet, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from seqloom.core.errors import DataError, MissingExtraError
from seqloom.core.wording import nearest
from seqloom.data.columns import Columns
from seqloom.data.objects import ObjectReader, Reads, UnreadableError
from seqloom.data.rows import BadLine, Row

__all__ = ["ParquetWriter", "read_parquet", "read_parquet_as"]

_TOGETHER = 4096


def read_parquet(file: str, *, columns: Columns, sources_only: bool) -> Iterator[Row | BadLine]:
    """As ``ObjectReader`` has objects; columns may be numbered too, and two columns need no names."""
    opened = _opened(file)
    reader = ObjectReader(
        _named(columns, list(opened.schema_arrow.names), sources_only, file), file=file, sources_only=sources_only
    )
    return _rows(opened, reader, file, blanks=not sources_only)


def read_parquet_as(reader: Reads, file: str) -> Iterator[Row | BadLine]:
    """Rows as the reader makes them of what is there."""
    return _rows(_opened(file), reader, file, blanks=False)


def _opened(file: str) -> Any:
    _, parquet = _arrow()
    if not Path(file).is_file():
        raise DataError(f"{file} must be a file, for Parquet is read from its end.")
    try:
        return parquet.ParquetFile(file, memory_map=True)
    except (OSError, ValueError) as error:  # pyarrow's own errors are either
        with open(file, "rb") as raw:
            start = raw.read(4)
        what = "is damaged or cut off. Copy it again" if start == b"PAR1" else "is none. Name it for what it is"
        raise DataError(f"{file} must be a Parquet file, as its name says, but {what}.") from error


def _rows(opened: Any, reader: Reads, file: str, *, blanks: bool) -> Iterator[Row | BadLine]:
    """``blanks``: what has no value is an error; else it is not there."""
    number = 0
    with closing(opened):
        for batch in opened.iter_batches(batch_size=_TOGETHER):
            for found in batch.to_pylist():
                number += 1
                try:
                    # A question may lack its answer.
                    there = {k: _plain(v) for k, v in found.items() if v is not None or blanks}
                    yield reader.row(there, number)
                except UnreadableError as error:
                    yield BadLine(file=file, line=number, what=str(error), text=str(found))


def _plain(value: object) -> object:
    """A map is a list of pairs to Arrow."""
    if isinstance(value, list) and value and all(isinstance(each, tuple) for each in value):
        return dict(value)
    return value


def _named(columns: Columns, names: Sequence[str], sources_only: bool, file: str) -> Columns:
    """The columns by name."""

    def name(column: int | str, side: str) -> str:
        if isinstance(column, int) and column <= len(names):
            return names[column - 1]
        if column in names or "translation" in names:  # where languages are below one name
            return str(column)
        guess = nearest(column, names)
        advice = f"Did you mean `{guess}`?" if guess else f"Name one in `data.{side}_columns`."
        raise DataError(f"{file}: no column is `{column}`; there are {_listed(names)}. {advice}")

    source = tuple(name(column, "source") for column in columns.source)
    target = tuple(name(column, "target") for column in columns.target if not sources_only or column in names)
    extras = {key: name(column, key) for key, column in columns.extras.items()}
    if not source and not target and "source" not in names:
        if len(names) != 2 and not (sources_only and len(names) == 1):
            raise DataError(
                f"{file} has the columns {_listed(names)}. Name those to read, for example "
                '`data.source_columns = ["de"]` and `data.target_columns = ["en"]`.'
            )
        source, target = (names[0],), tuple(names[1:])
    return replace(columns, source=source, target=target, extras=extras)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


class ParquetWriter:
    """Columns of text, a row group of some thousand rows at a time; a row that has several references has a list."""

    def __init__(self, opened: IO[bytes], names: Sequence[str], *, lists: bool) -> None:
        arrow, parquet = _arrow()
        target = arrow.list_(arrow.string()) if lists else arrow.string()
        self._arrow = arrow
        self._schema = arrow.schema(
            [(name, target if place == 1 else arrow.string()) for place, name in enumerate(names)]
        )
        self._writer = parquet.ParquetWriter(opened, self._schema, compression="zstd")
        self._held: list[Mapping[str, object]] = []

    def write(self, row: Mapping[str, object]) -> None:
        self._held.append(row)
        if len(self._held) == _TOGETHER:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(self._arrow.Table.from_pylist(self._held, schema=self._schema))
            self._held = []


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("Parquet", extra="parquet") from error
    return pyarrow, pyarrow.parquet

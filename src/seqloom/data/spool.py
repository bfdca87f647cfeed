"""Rows on disk that can be asked for again by their number."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from seqloom.data.rows import Row

__all__ = ["Spool"]


class Spool:
    """Takes rows in order; in memory it has eight bytes of each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w+b")
        self._ends = array("Q", [0])

    def extend(self, rows: Iterable[Row]) -> None:
        for row in rows:
            said: list[Any] = [row.source, row.targets, dict(row.extras), row.file, row.line]
            self._ends.append(self._ends[-1] + self._file.write(json.dumps(said, default=str).encode() + b"\n"))
        self._file.flush()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> Row:
        start, end = self._ends[index], self._ends[index + 1]
        return _row(os.pread(self._file.fileno(), end - start, start))

    def __iter__(self) -> Iterator[Row]:
        with self._path.open("rb") as opened:
            yield from map(_row, opened)

    def texts(self, side: int) -> SpooledTexts:
        """The sources (0) or the first targets (1), as ``nearness`` asks for texts."""
        return SpooledTexts(self, side)

    def close(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


class SpooledTexts:
    def __init__(self, spool: Spool, side: int) -> None:
        self._spool, self._side = spool, side

    def __len__(self) -> int:
        return len(self._spool)

    def __getitem__(self, index: int) -> str:
        return _side(self._spool[index], self._side)

    def __iter__(self) -> Iterator[str]:
        return (_side(row, self._side) for row in self._spool)


def _row(line: bytes) -> Row:
    source, targets, extras, file, number = json.loads(line.decode("ascii"))
    return Row(source=source, targets=tuple(targets), extras=extras, file=file, line=number)


def _side(row: Row, side: int) -> str:
    return row.source if side == 0 else (row.targets[0] if row.targets else "")

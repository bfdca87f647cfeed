"""Rows on disk that can be asked for again by their number."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.data.rows import Row

__all__ = ["Spool", "SpooledTexts"]


class Spool:
    """Takes rows in order; in memory it has twelve bytes of each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w+b")
        self._ends = array("Q", [0])
        self._targets = array("I")

    def extend(self, rows: Iterable[Row]) -> None:
        for row in rows:
            said: list[Any] = [row.source, row.targets, dict(row.extras), row.file, row.line]
            self._targets.append(len(row.targets))
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

    @property
    def sources(self) -> SpooledTexts:
        """As ``nearness`` asks for texts."""
        return SpooledTexts(self, np.arange(len(self)), np.zeros(len(self), np.int64))

    @property
    def targets(self) -> SpooledTexts:
        """Every target of every row: a text that is anybody's reference must not be learnt elsewhere."""
        each = np.array(self._targets, np.int64)
        rows = np.repeat(np.arange(len(self)), each)
        return SpooledTexts(self, rows, np.arange(len(rows)) - np.repeat(each.cumsum() - each, each) + 1)

    def close(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


class SpooledTexts:
    """Texts by number; ``rows`` says in which row each stands."""

    def __init__(self, spool: Spool, rows: NDArray[np.int64], places: NDArray[np.int64]) -> None:
        self.rows = rows
        self._spool, self._places = spool, places

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> str:
        row = self._spool[int(self.rows[index])]
        return (row.source, *row.targets)[self._places[index]]

    def __iter__(self) -> Iterator[str]:
        places = iter(self._places.tolist())
        for row, number in zip(self._spool, np.bincount(self.rows, minlength=len(self._spool)).tolist(), strict=True):
            texts = (row.source, *row.targets)
            for _ in range(number):
                yield texts[next(places)]


def _row(line: bytes) -> Row:
    source, targets, extras, file, number = json.loads(line.decode("ascii"))
    return Row(source=source, targets=tuple(targets), extras=extras, file=file, line=number)

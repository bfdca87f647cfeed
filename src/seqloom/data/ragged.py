"""Rows of different lengths in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
import numpy.typing as npt

__all__ = ["Ints", "Ragged"]

Ints = npt.NDArray[Any]
"""An array of whole numbers, of whatever width."""


@dataclass(frozen=True, kw_only=True)
class Ragged:
    """Row i is ``ids[starts[i] : starts[i] + lengths[i]]``. The arrays may lie on disk."""

    ids: Ints
    starts: Ints
    lengths: Ints

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Self:
        lengths = np.fromiter(map(len, rows), np.int32, count=len(rows))
        ends = lengths.cumsum(dtype=np.int64)
        ids = np.fromiter(chain.from_iterable(rows), np.int32, count=int(ends[-1]) if len(rows) else 0)
        return cls(ids=ids, starts=ends - lengths, lengths=lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    def row(self, number: int) -> Ints:
        start = int(self.starts[number])
        return np.asarray(self.ids[start : start + int(self.lengths[number])])

    def flat(self, rows: Ints) -> Ints:
        """The ids of these rows, one row behind the other."""
        lengths = np.asarray(self.lengths[rows], dtype=np.int64)
        ends = lengths.cumsum()
        places = np.arange(ends[-1]) + np.repeat(self.starts[rows] - (ends - lengths), lengths)
        return np.asarray(self.ids[places])

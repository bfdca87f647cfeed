"""Rows of different lengths in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from seqloom.data.stored import WHOLE_NUMBERS, Stored

__all__ = ["Numbers", "Ragged"]

Numbers = npt.NDArray[Any]
"""An array of whole or real numbers, of whatever width."""


@dataclass(frozen=True, kw_only=True)
class Ragged:
    """Row i is ``values[starts[i] : starts[i] + lengths[i]]``. The arrays may lie on disk."""

    values: Numbers
    """One axis, or a second one for the channels of each position."""
    starts: Numbers
    lengths: Numbers

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]], stored: Stored = WHOLE_NUMBERS) -> Self:
        lengths = np.fromiter(map(len, rows), np.int32, count=len(rows))
        ends = lengths.cumsum(dtype=np.int64)
        total = int(ends[-1]) if len(rows) else 0
        if stored.channels:
            values = np.empty((total, stored.channels), stored.dtype)
            for row, start, end in zip(rows, ends - lengths, ends, strict=True):
                if start < end:
                    values[start:end] = row
        else:
            values = np.fromiter(chain.from_iterable(rows), stored.dtype, count=total)
        return cls(values=values, starts=ends - lengths, lengths=lengths)

    @property
    def stored(self) -> Stored:
        return Stored(dtype=self.values.dtype.name, channels=self.values.shape[1] if self.values.ndim == 2 else 0)

    def __len__(self) -> int:
        return len(self.lengths)

    def row(self, number: int) -> Numbers:
        start = int(self.starts[number])
        return np.asarray(self.values[start : start + int(self.lengths[number])])

    def flat(self, rows: Numbers) -> Numbers:
        """The values of these rows, one row behind the other."""
        lengths = np.asarray(self.lengths[rows], dtype=np.int64)
        ends = lengths.cumsum()
        places = np.arange(ends[-1]) + np.repeat(self.starts[rows] - (ends - lengths), lengths)
        return np.asarray(self.values[places])

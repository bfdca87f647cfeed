"""How the numbers of a column lie in memory or on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

__all__ = ["WHOLE_NUMBERS", "Stored"]


@dataclass(frozen=True, kw_only=True)
class Stored:
    """How the numbers of a column lie in memory or on disk."""

    dtype: str
    channels: int = 0
    """Numbers at each position of a row; 0: a position is a number, not a list of them."""

    @classmethod
    def ids(cls, size: int) -> Self:
        """Whole numbers from 0 on, so many of them."""
        return cls(dtype="uint16" if size <= 2**16 else "uint32")


WHOLE_NUMBERS = Stored(dtype="int32")

"""A pair that shows what was found."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["Example", "Pair"]


@dataclass(frozen=True, slots=True)
class Pair:
    """What is looked at: a row's source and its first target, and where they stand."""

    source: str
    target: str
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A pair with what is odd about it, or the pair that it is like."""

    pair: Pair
    note: str = ""

    def noted(self, note: str) -> Example:
        return replace(self, note=note)

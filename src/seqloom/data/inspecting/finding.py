"""Something that was found: what it is, what proves it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from seqloom.data.inspecting.examples import Example
from seqloom.data.inspecting.inspection import Inspection

__all__ = ["SOME", "Finding", "Level", "counted", "level_of", "sampled"]


Level = Literal["bad", "warn", "note"]

_MANY, SOME = 0.02, 0.001
"""The shares of the pairs from which a fault is bad, and from which it is more than a note."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is there."""

    key: str
    """What it is called where programs read it."""
    level: Level
    title: str
    count: int
    """Pairs, or held pairs."""
    share: float
    advice: str = ""
    text: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Parts of the count, where it has any."""
    examples: Sequence[Example] = ()


def counted(number: int, noun: str) -> str:
    """1 pair, 1,200 pairs."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def level_of(share: float) -> Level:
    return "bad" if share >= _MANY else "warn" if share >= SOME else "note"


def sampled(found: Inspection) -> str:
    return "" if found.whole else f"of {len(found.sample):,} sampled "

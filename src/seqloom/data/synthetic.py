"""Tasks whose right answer is known: copy, reverse and sort. What a model that learns at all must learn."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive, Seed
from seqloom.core.specials import Specials
from seqloom.decoding.request import Pair, Source

__all__ = ["Share", "SyntheticSettings", "TaskName", "right_answer", "share_of"]

TaskName = Literal["copy", "reverse", "sort"]
Share = Literal["training", "validation", "test"]

_FIRST_SYMBOL = 4
"""The first id behind pad, bos, eos and unknown."""
_FEWEST = 1000


@dataclass(frozen=True, kw_only=True)
class SyntheticSettings:
    """The synthetic pairs."""

    task: TaskName = "copy"
    symbols: Positive = 16
    """How many different ones there are."""
    shortest: Positive = 3
    longest: Positive = 12
    """Lengths are drawn evenly from the shortest to the longest."""
    seed: Seed = 1

    def __post_init__(self) -> None:
        if self.longest < self.shortest:
            raise RecipeError(f"longest must be at least shortest ({self.shortest}), but is {self.longest}.")
        if self.symbols**self.longest < _FEWEST:
            raise RecipeError(
                f"symbols must make at least {_FEWEST} different sequences, but {self.symbols} of them in sequences of "
                f"{self.longest} make {self.symbols**self.longest}. Raise symbols or longest."
            )

    @property
    def vocabulary(self) -> Specials:
        """Of both sides."""
        return Specials(size=_FIRST_SYMBOL + self.symbols)

    def pairs(self, share: Share) -> Iterator[Pair]:
        """Pairs without end, the same for the same settings. A sequence belongs to one share and is in no other."""
        dice = random.Random(f"{self.seed} {share}")
        alphabet = range(_FIRST_SYMBOL, self.vocabulary.size)
        while True:
            symbols = tuple(dice.choices(alphabet, k=dice.randint(self.shortest, self.longest)))
            if share_of(symbols) == share:
                source = Source(parts={"text": symbols}, copy=symbols)
                yield Pair(source=source, target=right_answer(self.task, symbols))


def right_answer(task: TaskName, symbols: tuple[int, ...]) -> tuple[int, ...]:
    """What the task makes of a sequence."""
    if task == "copy":
        return symbols
    return symbols[::-1] if task == "reverse" else tuple(sorted(symbols))


def share_of(symbols: tuple[int, ...]) -> Share:
    """By the sequence alone, so that no seed brings what was learnt from into a test; a tenth goes to each test."""
    tenth = crc32(repr(symbols).encode()) % 10
    return "test" if tenth == 0 else "validation" if tenth == 1 else "training"

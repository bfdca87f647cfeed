"""No n tokens in a row twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from seqloom.core.settings import Positive
from seqloom.decoding.constraints.words import SourceText, Words
from seqloom.decoding.request import EVERYTHING, AllBut, Allowed

__all__ = ["NoRepeat", "NoRepeatSettings"]


@dataclass(frozen=True, kw_only=True)
class NoRepeatSettings:
    """The ban on repeated n-grams."""

    kind: Literal["no_repeat"] = "no_repeat"
    n: Positive = 3
    """Tokens in a row that must not come twice (Paulus et al. 2018, section 2.5)."""

    def build(self, words: Words, source: SourceText) -> NoRepeat:
        return NoRepeat(self.n)


class Grams(NamedTuple):
    """A state: the n-grams so far, and the last n - 1 tokens."""

    seen: frozenset[tuple[int, ...]] = frozenset()
    last: tuple[int, ...] = ()


class NoRepeat:
    """An n-gram of tokens stands at one place of the answer only."""

    def __init__(self, n: int) -> None:
        self.n = n

    def start(self) -> Grams:
        return Grams()

    def allowed(self, state: Grams) -> Allowed:
        if len(state.last) < self.n - 1:
            return EVERYTHING
        return AllBut(frozenset(gram[-1] for gram in state.seen if gram[:-1] == state.last))

    def advance(self, state: Grams, token: int) -> Grams:
        gram = (*state.last, token)
        if len(gram) < self.n:
            return Grams(state.seen, gram)
        return Grams(state.seen | {gram}, gram[1:])

    def missing(self, state: Grams) -> int:
        return 0

"""Answers exactly as long as their source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from seqloom.decoding.constraints.matching import Reading
from seqloom.decoding.constraints.words import BARE, BEHIND, SourceText, Spellings, Words, read
from seqloom.decoding.request import EVERYTHING, AllBut, Allowed, Only

__all__ = ["SameLength", "SameLengthSettings"]

Unit = Literal["token", "word", "character"]


@dataclass(frozen=True, kw_only=True)
class SameLengthSettings:
    """The length of the source."""

    kind: Literal["same_length"] = "same_length"
    unit: Unit = "token"
    """What is counted: the model's tokens, what stands between spaces, or characters without spaces."""

    def build(self, words: Words, source: SourceText) -> SameTokens | SameLength:
        if self.unit == "token":
            return SameTokens(source.tokens)
        return SameLength(count(source.text, self.unit), words, unit=self.unit)


def count(text: str, unit: Unit) -> int:
    """How many of them a text has."""
    return len(text.split()) if unit == "word" else len("".join(text.split()))


class SameTokens:
    """So many tokens. A state is how many there are."""

    def __init__(self, length: int) -> None:
        self.length = length

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return EVERYTHING if state < self.length else Only(frozenset())

    def advance(self, state: int, token: int) -> int:
        return state + 1

    def missing(self, state: int) -> int:
        return max(self.length - state, 0)


class Counted(NamedTuple):
    """A state: how many there are, whether a word that is counted may go on, and where the answer ends."""

    units: int = 0
    in_unit: bool = False
    reading: Reading = Reading()


class SameLength:
    """So many words or characters, however the tokens cut them."""

    def __init__(self, length: int, words: Words, *, unit: Unit) -> None:
        self.length = length
        self.words = words
        self.unit = unit

    def start(self) -> Counted:
        return Counted()

    def allowed(self, state: Counted) -> Allowed:
        room = self.length - state.units
        if state.reading.begun:  # half a character: what a token adds depends on it
            too_long = {
                token
                for token in (*self.words.every, self.words.specials.unk)
                if self.advance(state, token).units > self.length
            }
        else:
            allowed = _within(self.words.spellings, self.unit, state.reading.side, state.in_unit, room)
            if not self.words.own:
                return allowed
            too_long = set(allowed.ids) if isinstance(allowed, AllBut) else set()
            too_long |= {token for token in self.words.own_tokens if self.advance(state, token).units > self.length}
        return AllBut(frozenset(too_long)) if too_long else EVERYTHING

    def advance(self, state: Counted, token: int) -> Counted:
        chars, reading = state.reading.after(token, self.words)
        units, in_unit = _counted(chars, self.unit, state.in_unit)
        return Counted(state.units + units, in_unit, reading)

    def missing(self, state: Counted) -> int:
        """At least: as if the longest tokens there are would do. More than it needs bars every end."""
        left = self.length - state.units
        most = max(1, *(_growth(self.words.spellings, self.unit, side, False)[1] for side in (BARE, BEHIND)))
        most = max(most, max((self.advance(Counted(), token).units for token in self.words.own_tokens), default=0))
        return -(-left // most) if left >= 0 else 1


def _counted(chars: str, unit: Unit, in_unit: bool) -> tuple[int, bool]:
    """How many begin in these characters."""
    units = 0
    for char in chars:
        inside = not char.isspace()
        units += inside and (unit == "character" or not in_unit)
        in_unit = inside
    return units, in_unit


@lru_cache(maxsize=256)
def _within(spellings: Spellings, unit: Unit, side: int, in_unit: bool, room: int) -> Allowed:
    """What does not add more than there is room for."""
    by_units, most = _growth(spellings, unit, side, in_unit)
    too_long = frozenset(token for units in range(max(room, -1) + 1, most + 1) for token in by_units[units])
    return AllBut(too_long) if too_long else EVERYTHING


@lru_cache(maxsize=32)
def _growth(spellings: Spellings, unit: Unit, side: int, in_unit: bool) -> tuple[dict[int, list[int]], int]:
    """The tokens by how many they add, and the most that one does."""
    found: dict[int, list[int]] = {}
    for token in (*spellings.tokens, spellings.specials.unk):
        chars, _ = read(b"", spellings.surface(token, side))
        found.setdefault(_counted(chars, unit, in_unit)[0], []).append(token)
    most = max(found)
    return {units: found.get(units, []) for units in range(most + 1)}, most

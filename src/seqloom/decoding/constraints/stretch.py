"""Answers that are found in a text: a stretch of its words, as it stands there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from seqloom.core.errors import DecodingError
from seqloom.core.wording import show
from seqloom.decoding.constraints.words import BARE, BEHIND, SourceText, Words
from seqloom.decoding.request import Allowed, Only

__all__ = ["Stretch", "StretchSettings"]


@dataclass(frozen=True, kw_only=True)
class StretchSettings:
    """The stretch of a text."""

    kind: Literal["stretch"] = "stretch"
    text: str = ""
    """Where it stands; empty: in the source."""
    instead: tuple[str, ...] = ()
    """What else may be answered, such as that it stands nowhere."""

    def build(self, words: Words, source: SourceText) -> Stretch:
        return Stretch(self.text or source.text, words, instead=self.instead)


class Said(NamedTuple):
    """A state: the bytes behind what was said, wherever it stands, and how the next token is written."""

    places: frozenset[int]
    side: int = BARE
    begun: bool = True


class Stretch:
    """Words that follow one another, however the tokens cut them; none begins or ends within a word.

    What may be said instead stands behind the text, parted from it by a byte that no text has.
    """

    def __init__(self, text: str, words: Words, *, instead: tuple[str, ...] = ()) -> None:
        texts = [each.replace("\0", " ") for each in (text, *instead)]
        self._words = words
        self._bytes = "\0".join(texts).encode()
        self._starts, self._ends = _bounds(texts[0], words)
        place = len(texts[0].encode()) + 1
        for each in texts[1:]:
            self._starts.add(place)
            place += len(each.encode())
            self._ends.add(place)
            place += 1
        self._by_text = [_by_text(words, side) for side in (BARE, BEHIND)]
        self._joins = [token for token in words.every if words.side_after(token) == BARE and _silent(words, token)]
        self._needs = self._ways()
        self._kept: dict[Said, Allowed] = {}
        if self.missing(self.start()) >= _NO_WAY:
            raise DecodingError(f"`text` must have words that the model can say, but is {show(text)}. Name another.")

    def start(self) -> Said:
        return Said(frozenset(self._starts), begun=False)

    def allowed(self, state: Said) -> Allowed:
        if state not in self._kept:
            found = {token for place in state.places for token, _ in self._after(place, state.side)}
            if state.begun and state.side == BEHIND and any(self._after(place, BARE) for place in state.places):
                found.update(self._joins)
            self._kept[state] = Only(frozenset(found))
        return self._kept[state]

    def advance(self, state: Said, token: int) -> Said:
        surface = self._words.surface(token, state.side)
        after = self._words.side_after(token)
        places = (place + len(surface) for place in state.places if self._bytes.startswith(surface, place))
        return Said(frozenset(place for place in places if self._needs[after][place] < _NO_WAY), after)

    def missing(self, state: Said) -> int:
        """The fewest tokens to where a word ends."""
        if state.begun:
            return min((self._needs[state.side][place] for place in state.places), default=_NO_WAY)
        return min((1 + need for place in state.places for _, need in self._after(place, BARE)), default=_NO_WAY)

    def _after(self, place: int, side: int) -> list[tuple[int, int]]:
        """The tokens that write what comes next, and what each leaves missing."""
        by_text, lengths = self._by_text[side]
        found = []
        for length in lengths:
            if place + length > len(self._bytes):
                break
            for token in by_text.get(self._bytes[place : place + length], ()):
                need = self._needs[self._words.side_after(token)][place + length]
                if need < _NO_WAY:
                    found.append((token, need))
        return found

    def _ways(self) -> list[list[int]]:
        """For each side, the fewest tokens from each byte on to the end of a word, found backwards."""
        size = len(self._bytes)
        self._needs = [[_NO_WAY] * (size + 1) for _ in (BARE, BEHIND)]
        for place in range(size, -1, -1):
            for side in (BARE, BEHIND):
                if place in self._ends:
                    self._needs[side][place] = 0
                    continue
                ways = [1 + need for _, need in self._after(place, side)]
                if side == BEHIND and self._joins:
                    ways.append(1 + self._needs[BARE][place])
                self._needs[side][place] = min(ways, default=_NO_WAY)
        return self._needs


_NO_WAY = 1 << 30
"""More tokens than any answer has."""


def _bounds(text: str, words: Words) -> tuple[set[int], set[int]]:
    """The bytes at which a stretch may begin and end."""
    starts, ends, place, before = set(), set(), 0, " "
    for char in text:
        if not (words.in_word(before) and words.in_word(char)):
            if not char.isspace():
                starts.add(place)
            if not before.isspace():
                ends.add(place)
        place += len(char.encode())
        before = char
    return starts, ends if before.isspace() else ends | {place}


def _by_text(words: Words, side: int) -> tuple[dict[bytes, list[int]], list[int]]:
    """The tokens that are written so, a source's own words among them, and how long they are."""
    found = words.spellings.by_text[side]
    if words.own:
        found = dict(found)
        for token in words.own_tokens:
            surface = words.surface(token, side)
            found[surface] = [*found.get(surface, ()), token]
    return found, sorted({len(text) for text in found if text})


def _silent(words: Words, token: int) -> bool:
    """Whether it says no more than that the next token is written without a space."""
    return not words.surface(token, BARE) and not words.surface(token, BEHIND)

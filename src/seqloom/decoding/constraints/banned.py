"""Words and phrases that an answer must not contain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from seqloom.core.errors import RecipeError
from seqloom.core.wording import show
from seqloom.decoding.constraints.matching import Reading, Sought, Thread
from seqloom.decoding.constraints.words import SourceText, Words
from seqloom.decoding.request import EVERYTHING, AllBut, Allowed

__all__ = ["Banned", "BannedSettings"]


@dataclass(frozen=True, kw_only=True)
class BannedSettings:
    """A list of banned words and phrases."""

    kind: Literal["banned"] = "banned"
    phrases: tuple[str, ...] = ()
    whole_words: bool = True
    """"ass" is allowed within "class". Scripts without spaces between words have no such ends."""
    capitals: bool = True
    """Ban "Damn" and "DAMN" with "damn"."""

    def __post_init__(self) -> None:
        for number, phrase in enumerate(self.phrases):
            if not phrase or phrase.strip() != phrase:
                raise RecipeError(
                    f"phrases.{number} must be a word or phrase without spaces at its ends, but is {show(phrase)}."
                )

    def build(self, words: Words, source: SourceText) -> Banned:
        return _built(self, words) if not words.own else self._build(words)

    def _build(self, words: Words) -> Banned:
        phrases = self.phrases
        if self.capitals:
            phrases = tuple(
                form for phrase in phrases for form in (phrase, phrase[0].upper() + phrase[1:], phrase.upper())
            )
        return Banned(phrases, words, whole_words=self.whole_words)


@lru_cache(maxsize=32)
def _built(settings: BannedSettings, words: Words) -> Banned:
    """Kept for the next request, with all that it has found out about its states."""
    return settings._build(words)


class Unsaid(NamedTuple):
    """A state: where the answer ends, and what of banned texts it ends with."""

    reading: Reading = Reading()
    threads: frozenset[Thread] = frozenset()


class Banned:
    """None of the texts appears in the answer, however the tokens cut it.

    A banned word that has been said may still become a longer one, and must: until then the answer cannot end.
    """

    def __init__(self, phrases: Iterable[str], words: Words, *, whole_words: bool = True) -> None:
        self.words = words
        self.sought = Sought(tuple(phrases), words, whole_words=whole_words)
        self._allowed: dict[Unsaid, Allowed] = {}
        self._next: dict[tuple[Unsaid, int], tuple[Unsaid, bool]] = {}

    def start(self) -> Unsaid:
        return Unsaid()

    def allowed(self, state: Unsaid) -> Allowed:
        if state not in self._allowed:
            barred = frozenset(token for token in set(self._suspects(state)) if self._read(state, token)[1])
            self._allowed[state] = AllBut(barred) if barred else EVERYTHING
        return self._allowed[state]

    def advance(self, state: Unsaid, token: int) -> Unsaid:
        return self._read(state, token)[0]

    def missing(self, state: Unsaid) -> int:
        return int(self.sought.is_said(state.threads))

    def _read(self, state: Unsaid, token: int) -> tuple[Unsaid, bool]:
        """The state after a token, and whether that has completed a banned text."""
        key = (state, token)
        if key not in self._next:
            chars, reading = state.reading.after(token, self.words)
            threads, in_word, broken = state.threads, state.reading.in_word, False
            for char in chars:
                threads, found = self.sought.step(threads, in_word, char)
                in_word, broken = self.words.in_word(char), broken or found
            self._next[key] = Unsaid(reading, threads), broken
        return self._next[key]

    def _suspects(self, state: Unsaid) -> Iterator[int]:
        """All tokens that may complete a banned text, and some more."""
        side, begun = state.reading.side, state.reading.begun
        yield self.words.specials.unk  # which no text is spelled with, but which ends a word
        for way in self.sought.ways:
            yield from self.words.containing(way.bytes, side)
        for text, said in (*state.threads, *self.sought.begun_within(state.reading)):
            way = self.sought.ways[text]
            if said == len(way.text):
                yield from self.words.every if begun else self.words.leaving(side)
            elif (place := way.place(said, begun)) is not None:
                yield from self.words.exactly(way.bytes[place:], side)
                yield from self.words.beginning(way.bytes[place:], side)

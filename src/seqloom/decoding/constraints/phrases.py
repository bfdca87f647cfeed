"""Phrases that an answer must contain: a glossary."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple

from seqloom.core.errors import DecodingError, RecipeError
from seqloom.core.wording import show
from seqloom.decoding.constraints.matching import Reading, Sought, Spelt, Thread
from seqloom.decoding.constraints.words import SourceText, Words
from seqloom.decoding.request import EVERYTHING, Allowed

__all__ = ["PhraseSettings", "Phrases"]


@dataclass(frozen=True, kw_only=True)
class PhraseSettings:
    """The glossary: phrases that must appear in the answer."""

    kind: Literal["phrases"] = "phrases"
    phrases: tuple[tuple[str, ...], ...] = ()
    """Each is a list of ways to say it, one of which must appear, spelled as it is here. One given twice must appear
    twice."""
    whole_words: bool = True
    """"dog" is not found in "dogs". Scripts without spaces between words have no such ends."""

    def __post_init__(self) -> None:
        for number, ways in enumerate(self.phrases):
            if not ways or not all(way.strip() == way and way for way in ways):
                raise RecipeError(
                    f"phrases.{number} must be ways to say something, without spaces at their ends, but is "
                    f'{show(list(ways))}. Write [["colour", "color"], ["dog"]].'
                )

    def build(self, words: Words, source: SourceText) -> Phrases:
        return Phrases(self.phrases, words, whole_words=self.whole_words)


class Place(NamedTuple):
    """How far one phrase is."""

    times: int
    """How often it must still be found."""
    threads: frozenset[Thread] = frozenset()


class Said(NamedTuple):
    """A state: where the answer ends, and how far each phrase is."""

    reading: Reading
    places: tuple[Place, ...]


class Phrases:
    """Each phrase appears in the answer, however the tokens cut it; a ``Goal``."""

    def __init__(self, phrases: Iterable[Sequence[str]], words: Words, *, whole_words: bool = True) -> None:
        counted = Counter(tuple(dict.fromkeys(ways)) for ways in phrases)
        self.words = words
        self.times = tuple(counted.values())
        self.sought = tuple(Sought(ways, words, whole_words=whole_words) for ways in counted)
        for sought in self.sought:
            if math.isinf(sought.least):
                raise DecodingError(
                    f"`phrases` must be spelled by the model's vocabulary, but {show(sought.ways[0].text)} is not. "
                    "Leave it out, or take a model with a subword vocabulary."
                )
        self._groups = _groups(self.sought)
        ways = [way for sought in self.sought for way in sought.ways]
        self._shared = int(not all(way.begins_word for way in ways) and not all(way.ends_word for way in ways))
        """How many tokens a phrase may share with the next."""

    def start(self) -> Said:
        return Said(Reading(), tuple(Place(times) for times in self.times))

    def allowed(self, state: Said) -> Allowed:
        return EVERYTHING

    def advance(self, state: Said, token: int) -> Said:
        chars, reading = state.reading.after(token, self.words)
        places = state.places
        in_word = state.reading.in_word
        for char in chars:
            places = tuple(
                self._step(sought, place, in_word, char) for sought, place in zip(self.sought, places, strict=True)
            )
            in_word = self.words.in_word(char)
        return Said(reading, places)

    @staticmethod
    def _step(sought: Sought, place: Place, in_word: bool, char: str) -> Place:
        if not place.times:
            return place
        threads, found = sought.step(place.threads, in_word, char)
        if not found:
            return Place(place.times, threads)
        return Place(place.times - 1, threads if place.times > 1 else frozenset())

    def missing(self, state: Said) -> int:
        """The fewest tokens that say what has not been said.

        Of phrases that may share words, those of the longest. Where nothing needs to stand between two of them, one
        token may end the first and begin the second.
        """
        costs = [self._cost(*each, state.reading) for each in zip(self.sought, state.places, strict=True)]
        groups = [cost for group in self._groups if (cost := max(costs[number] for number in group))]
        return int(max(sum(groups) - self._shared * (len(groups) - 1), *groups) if groups else 0)

    def _cost(self, sought: Sought, place: Place, reading: Reading) -> float:
        times = place.times - (place.times > 0 and sought.is_said(place.threads))
        if not times:
            return 0
        again = sought.least - self._shared
        if times < place.times:
            return sought.least + (times - 1) * again
        return sought.cost(place.threads, reading) + (times - 1) * again

    # ---- the way to the end ------------------------------------------------------------------------------------------

    def remaining(self, state: Said) -> int:
        return int(sum(self._left(*each, state.reading)[0] for each in zip(self.sought, state.places, strict=True)))

    def nearer(self, state: Said) -> Iterator[int]:
        for sought, place in zip(self.sought, state.places, strict=True):
            if place.times:
                yield from sought.nearer(place.threads, state.reading)

    def towards(self, state: Said) -> list[int]:
        tokens = [
            token
            for each in zip(self.sought, state.places, strict=True)
            for token in self._left(*each, state.reading)[1]
        ]
        remaining = self.remaining(state)
        return [token for token in dict.fromkeys(tokens) if self.remaining(self.advance(state, token)) < remaining]

    @staticmethod
    def _left(sought: Sought, place: Place, reading: Reading) -> tuple[float, list[int]]:
        times = place.times - (place.times > 0 and sought.is_said(place.threads))
        if not times:
            return 0, []
        left, tokens = sought.left(place.threads if times == place.times else frozenset(), reading)
        afresh, _ = sought.left(frozenset(), Reading())
        return left + (times - 1) * afresh, tokens


def _groups(sought: Sequence[Sought]) -> list[list[int]]:
    """Phrases that may share words of an answer, together."""
    groups: list[list[int]] = [[number] for number in range(len(sought))]
    for first, second in combinations(range(len(sought)), 2):
        if any(_share(a, b) or _share(b, a) for a in sought[first].ways for b in sought[second].ways):
            mine, other = (next(group for group in groups if number in group) for number in (first, second))
            if mine is not other:
                groups.remove(other)
                mine += other
    return groups


def _share(first: Spelt, second: Spelt) -> bool:
    """Whether the second may begin within the first."""
    in_word = first.words.in_word
    for place in range(len(first.text)):
        rest = first.text[place:]
        begins = place == 0 or not (second.begins_word and in_word(first.text[place - 1]))
        after = rest[len(second.text) :]
        if begins and rest.startswith(second.text) and not (after and second.ends_word and in_word(after[0])):
            return True
        after = second.text[len(rest) :]
        if begins and second.text.startswith(rest) and not (after and first.ends_word and in_word(after[0])):
            return True
    return False

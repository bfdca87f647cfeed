"""Texts looked for in an answer while it is written: found wherever they stand, however the tokens cut them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeVar

from seqloom.decoding.constraints.words import BARE, BEHIND, Words, read

__all__ = ["Reading", "Sought", "Spelt", "Thread"]


class Thread(NamedTuple):
    """A text that has been said up to here; all of it, where a word may still go on."""

    text: int
    said: int
    """Characters."""


class Reading(NamedTuple):
    """Where an answer ends: how the next token is written, half a character, and whether a word may go on."""

    side: int = BARE
    begun: bytes = b""
    in_word: bool = False

    def after(self, token: int, words: Words) -> tuple[str, Reading]:
        """The characters that a token adds, and where the answer ends then."""
        chars, begun = read(self.begun, words.surface(token, self.side))
        in_word = words.in_word(chars[-1]) if chars else self.in_word
        return chars, Reading(words.side_after(token), begun, in_word)


class Spelt:
    """A text and the tokens that write it, from each of its bytes on."""

    def __init__(self, text: str, words: Words, *, whole_words: bool) -> None:
        self.text = text
        self.bytes = text.encode()
        self.words = words
        self.begins_word = whole_words and words.in_word(text[0])
        self.ends_word = whole_words and words.in_word(text[-1])

    def place(self, said: int, begun: bytes) -> int | None:
        """The byte that comes next after these characters and the beginning of one; None: that is another one."""
        place = len(self.text[:said].encode())
        return place + len(begun) if self.bytes.startswith(begun, place) else None

    # ---- how many tokens it takes at least ---------------------------------------------------------------------------

    @cached_property
    def cost(self) -> list[tuple[float, float]]:
        """The fewest tokens that say the rest from a byte on, for each side; infinite: no tokens do."""
        length = len(self.bytes)
        cost: list[tuple[float, float]] = [(math.inf, math.inf)] * length + [(0.0, 0.0)]
        for place in reversed(range(length)):
            cost[place] = (self._cheapest(cost, place, BARE), self._cheapest(cost, place, BEHIND))
        return cost

    def _cheapest(self, cost: list[tuple[float, float]], place: int, side: int) -> float:
        words = self.words
        best = min(
            (
                1 + cost[end][words.side_after(token)]
                for end in range(place + 1, len(self.bytes) + 1)
                for token in words.exactly(self.bytes[place:end], side)
            ),
            default=math.inf,
        )
        return 1 if best > 1 and any(self._finishing(place, side)) else best

    def _finishing(self, place: int, side: int) -> Iterator[bool]:
        """For each token that says the rest and more, whether the text may end there."""
        rest = self.bytes[place:]
        for token in self.words.beginning(rest, side):
            yield self.may_end_before(self.words.surface(token, side)[len(rest) :])

    def may_end_before(self, more: bytes) -> bool:
        return not self.ends_word or self.words.spellings.leaves(more)

    def begin(self, reading: Reading) -> float:
        """The fewest tokens that say it from here on, nothing of it being said."""
        return min(self._begin[reading.in_word][reading.side], 1 + self.least)

    @cached_property
    def least(self) -> float:
        return min(min(costs) for costs in self._begin)

    @cached_property
    def _begin(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """By whether a word may go on, and by side."""
        behind = [self._behind_something(side) for side in (BARE, BEHIND)]
        outside = (min(self.cost[0][0], behind[0]), min(self.cost[0][1], behind[1]))
        return outside, (behind[0], behind[1]) if self.begins_word else outside

    def _behind_something(self, side: int) -> float:
        """By a token that has something before the beginning."""
        words = self.words
        best = min(
            (
                1 + self.cost[end][words.side_after(token)]
                for end in range(1, len(self.bytes) + 1)
                for token in words.ending(self.bytes[:end], side, begins_word=self.begins_word)
            ),
            default=math.inf,
        )
        if best > 1 and any(self._inside(words.surface(token, side)) for token in words.containing(self.bytes, side)):
            return 1
        return best

    def _inside(self, surface: bytes) -> bool:
        place = surface.find(self.bytes, 1)
        while place > 0:
            before = surface[:place].decode("utf-8", "replace")[-1]
            rest = surface[place + len(self.bytes) :]
            if not (self.begins_word and self.words.in_word(before)) and (not rest or self.may_end_before(rest)):
                return True
            place = surface.find(self.bytes, place + 1)
        return False

    def shortest(self, place: int, side: int) -> Iterator[int]:
        """The next tokens of the shortest ways to say the rest."""
        rest, words = self.bytes[place:], self.words
        for end in range(1, len(rest) + 1):
            for token in words.exactly(rest[:end], side):
                if 1 + self.cost[place + end][words.side_after(token)] == self.cost[place][side]:
                    yield token
        if self.cost[place][side] == 1:
            for token in words.beginning(rest, side):
                if self.may_end_before(words.surface(token, side)[len(rest) :]):
                    yield token

    def shortest_from(self, reading: Reading) -> Iterator[int]:
        """The first tokens of the shortest ways to say it, nothing of it being said."""
        side, words, best = reading.side, self.words, self.begin(reading)
        if not (reading.in_word and self.begins_word) and self.cost[0][side] == best:
            yield from self.shortest(0, side)
        for end in range(1, len(self.bytes) + 1):
            for token in words.ending(self.bytes[:end], side, begins_word=self.begins_word):
                if 1 + self.cost[end][words.side_after(token)] == best:
                    yield token
        if best == 1:
            yield from (
                token for token in words.containing(self.bytes, side) if self._inside(words.surface(token, side))
            )
        if best == 1 + self.least:
            yield from words.exactly(b" ", side)

    # ---- how the tokenizer writes it ---------------------------------------------------------------------------------

    def left(self, place: int, side: int) -> tuple[float, list[int]]:
        """How many tokens the rest takes, and the next of them: as the tokenizer writes it, else the shortest way."""
        inside, _ = self._usual
        if place in inside:
            token, left = inside[place]
            return left, [token]
        return self.cost[place][side], [*self.shortest(place, side)] if place < len(self.bytes) else []

    def left_from(self, reading: Reading) -> tuple[float, list[int]]:
        """The same where nothing of it has been said."""
        inside, first = self._usual
        ways = [first[reading.in_word]] if reading.in_word in first else []
        if 0 in inside and not (reading.in_word and self.begins_word):
            token, left = inside[0]
            if self.bytes.startswith(self.words.surface(token, reading.side)):
                ways.append((token, left))
        if not ways:
            return self.begin(reading), [*self.shortest_from(reading)]
        token, left = min(ways, key=lambda way: way[1])
        return left, [token]

    @cached_property
    def _usual(self) -> tuple[dict[int, tuple[int, int]], dict[bool, tuple[int, int]]]:
        """The tokenizer's own next token and how many it takes with it: by byte, and to begin with, by ``in_word``."""
        inside: dict[int, tuple[int, int]] = {}
        first: dict[bool, tuple[int, int]] = {}
        contexts = [("", "", [False]), ("a", " ", [True])]
        if not self.begins_word:  # it may follow on anything
            contexts = [(*context, [False, True]) for context in (("", ""), ("a", " "), ("a", ""), ("\u3002", ""))]
        for context, gap, in_words in contexts:
            tokens = self._written_behind(context, gap)
            place = len(self.bytes) - sum(len(surface) for _, surface in tokens)
            for number, (token, surface) in enumerate(tokens):
                left = len(tokens) - number
                if number:
                    _keep_shorter(inside, place, (token, left))
                else:
                    for in_word in in_words:
                        _keep_shorter(first, in_word, (token, left))
                place += len(surface)
        return inside, first

    def _written_behind(self, context: str, gap: str) -> list[tuple[int, bytes]]:
        """The tokens that the tokenizer adds to write the text there, and how they are written; none: it cannot."""
        words = self.words
        before, all_tokens = words.encode(context), words.encode(context + gap + self.text)
        if all_tokens[: len(before)] != before:
            return []
        side = words.side_after(before[-1]) if before else BARE
        found = []
        for token in all_tokens[len(before) :]:
            found.append((token, words.surface(token, side)))
            side = words.side_after(token)
        written = b"".join(surface for _, surface in found)
        return found if written.strip() == self.bytes.strip() and written.endswith(self.bytes) else []


@lru_cache(maxsize=4096)
def _spelt(text: str, words: Words, *, whole_words: bool) -> Spelt:
    """Kept, because a glossary's terms come again and again."""
    return Spelt(text, words, whole_words=whole_words)


_Key = TypeVar("_Key")


def _keep_shorter(ways: dict[_Key, tuple[int, int]], key: _Key, way: tuple[int, int]) -> None:
    if key not in ways or way[1] < ways[key][1]:
        ways[key] = way


class Sought:
    """One thing to say, in one of several ways: the automaton that sees whether it has been said.

    A state is the set of threads, one for each beginning of a text that the answer ends with: what a failure link
    would lead to is there already (Aho & Corasick 1975). A word's text is found when the word is over.
    """

    def __init__(self, texts: Sequence[str], words: Words, *, whole_words: bool = True) -> None:
        self.words = words
        spelt = Spelt if words.own else _spelt
        self.ways = tuple(spelt(text, words, whole_words=whole_words) for text in dict.fromkeys(texts))
        self._by_first: dict[str, list[int]] = {}
        for number, way in enumerate(self.ways):
            self._by_first.setdefault(way.text[0], []).append(number)

    def step(self, threads: frozenset[Thread], in_word: bool, char: str) -> tuple[frozenset[Thread], bool]:
        """The threads after one more character, and whether one of the texts is found now."""
        continues = self.words.in_word(char)
        alive = []
        for text, said in threads:
            way = self.ways[text]
            if said == len(way.text):
                if not continues:
                    return self._begun(in_word, char), True
            elif way.text[said] == char:
                alive.append(Thread(text, said + 1))
        alive += self._begun(in_word, char)
        found = any(said == len(self.ways[text].text) and not self.ways[text].ends_word for text, said in alive)
        return (frozenset(), True) if found else (frozenset(alive), False)

    def _begun(self, in_word: bool, char: str) -> frozenset[Thread]:
        return frozenset(
            Thread(text, 1) for text in self._by_first.get(char, ()) if not (in_word and self.ways[text].begins_word)
        )

    def is_said(self, threads: frozenset[Thread]) -> bool:
        """Whether it would be found if the answer ended here."""
        return any(said == len(self.ways[text].text) for text, said in threads)

    def cost(self, threads: frozenset[Thread], reading: Reading) -> float:
        """The fewest tokens until it is said."""
        best = min(way.begin(reading) for way in self.ways)
        for text, said in (*threads, *self.begun_within(reading)):
            place = self.ways[text].place(said, reading.begun)
            if place is not None:
                best = min(best, self.ways[text].cost[place][reading.side])
        return best

    def begun_within(self, reading: Reading) -> Iterator[Thread]:
        """The texts that may begin with the character of which there is a part."""
        if reading.begun:
            for text, way in enumerate(self.ways):
                if not (reading.in_word and way.begins_word):
                    yield Thread(text, 0)

    @cached_property
    def least(self) -> float:
        return min(way.least for way in self.ways)

    def nearer(self, threads: frozenset[Thread], reading: Reading) -> Iterator[int]:
        """At least all tokens that lower the cost."""
        for text, said in (*threads, *self.begun_within(reading)):
            place = self.ways[text].place(said, reading.begun)
            if place is not None:
                yield from self.ways[text].shortest(place, reading.side)
        for way in self.ways:
            if way.begin(reading) > way.least:  # whatever lets it begin is nearer
                yield from self.words.every
            else:
                yield from way.shortest_from(reading)

    def left(self, threads: frozenset[Thread], reading: Reading) -> tuple[float, list[int]]:
        """How many tokens it takes as the tokenizer would write it, and those that may come next."""
        ways = [way.left_from(reading) for way in self.ways]
        for text, said in (*threads, *self.begun_within(reading)):
            place = self.ways[text].place(said, reading.begun)
            if place is not None:
                ways.append(self.ways[text].left(place, reading.side))
        return min(left for left, _ in ways), [token for _, tokens in ways for token in tokens]

"""Placeholders and tags that an answer keeps as its source has them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

from seqloom.core.errors import DecodingError, RecipeError
from seqloom.core.wording import show
from seqloom.decoding.constraints.basic import Every
from seqloom.decoding.constraints.matching import Reading
from seqloom.decoding.constraints.phrases import Phrases
from seqloom.decoding.constraints.regex import machine_of
from seqloom.decoding.constraints.words import SourceText, Spellings, Words, read
from seqloom.decoding.request import EVERYTHING, AllBut, Allowed

__all__ = ["NoOthers", "PlaceholderSettings"]

PRINTF = r"%(\([A-Za-z_][A-Za-z0-9_]*\)|[0-9]+\$)?[-+#0]*[0-9]*(\.[0-9]+)?[diouxXeEfFgGcrs]"
BRACES = r"\{[A-Za-z0-9_.:!-]*\}"
TAG = r"</?[A-Za-z][^<>]*>"
NUMBER = r"[0-9]+([.,][0-9]+)*"


@dataclass(frozen=True, kw_only=True)
class PlaceholderSettings:
    """The placeholders: each occurs in the answer as often as in the source, and no other does."""

    kind: Literal["placeholders"] = "placeholders"
    patterns: tuple[str, ...] = (PRINTF, BRACES, TAG)
    """Regular expressions of what is kept: `%s`, `{name}` and `<b>`."""
    numbers: bool = False
    """Keep numbers too, as they are written."""

    def __post_init__(self) -> None:
        for number, pattern in enumerate(self.patterns):
            try:
                re.compile(pattern)
            except re.error as error:
                raise RecipeError(
                    f"patterns.{number} must be a regular expression, but is {show(pattern)}: {error}. Correct it."
                ) from None

    def build(self, words: Words, source: SourceText) -> Every:
        scanner = scanner_of((*self.patterns, NUMBER) if self.numbers else self.patterns)
        found = Counter(scanner.all_in(source.text))
        kept = Phrases([[text] for text in found.elements()], words, whole_words=False)
        return Every([kept, NoOthers(found, words, scanner)])


class Scan(NamedTuple):
    """How far a text has been read: what may still become a match, and the matches since the last call."""

    open: str
    found: tuple[str, ...] = ()


class Scanner:
    """Finds matches from left to right, the longest first, character by character."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._machines = [machine_of(pattern, "patterns") for pattern in patterns]
        self._live = [_live_states(machine) for machine in self._machines]
        for pattern, machine in zip(patterns, self._machines, strict=True):
            if machine.initial in machine.finals:
                raise DecodingError(f"`patterns` must match something, but {show(pattern)} matches nothing too.")

    def all_in(self, text: str) -> list[str]:
        scan = self.read("", text)
        return [*scan.found, *self.closed(scan.open)]

    @lru_cache(maxsize=1 << 16)  # noqa: B019 - scanners are kept themselves
    def read(self, open: str, more: str) -> Scan:
        """Read on. What stays open is the beginning of a match, or one that may become longer."""
        found: list[str] = []
        text, place = open + more, 0
        while place < len(text):
            end, alive = self._longest(text, place)
            if alive:
                break
            if end:
                found.append(text[place:end])
            place = end or place + 1
        return Scan(text[place:], tuple(found))

    def closed(self, open: str) -> list[str]:
        """The matches in what was open, if nothing follows."""
        found, place = [], 0
        while place < len(open):
            end, _ = self._longest(open, place)
            if end:
                found.append(open[place:end])
            place = end or place + 1
        return found

    def _longest(self, text: str, place: int) -> tuple[int, bool]:
        """Where the longest match from here ends (0: there is none), and whether more text might make it longer."""
        end, alive = 0, False
        for machine, live in zip(self._machines, self._live, strict=True):
            state = machine.initial
            for at in range(place, len(text)):
                state = machine.map.get(state, {}).get(machine.alphabet[text[at]])
                if state not in live:
                    break
                if state in machine.finals:
                    end = max(end, at + 1)
            else:
                alive = alive or any(after in live for after in machine.map.get(state, {}).values())
        return end, alive

    def may_begin(self, char: str) -> bool:
        return any(
            machine.map.get(machine.initial, {}).get(machine.alphabet[char]) in live
            for machine, live in zip(self._machines, self._live, strict=True)
        )


def _live_states(machine: Any) -> frozenset[int]:
    """From which an end can be reached."""
    live = set(machine.finals)
    while True:
        more = {state for state, after in machine.map.items() if state not in live and live & set(after.values())}
        if not more:
            return frozenset(live)
        live |= more


@lru_cache(maxsize=16)
def scanner_of(patterns: tuple[str, ...]) -> Scanner:
    return Scanner(patterns)


class Seen(NamedTuple):
    """A state: where the answer ends, what may become a placeholder there, and how many of each are left."""

    reading: Reading
    open: str
    left: tuple[int, ...]


class NoOthers:
    """No placeholder but these, and none of them more often than this."""

    def __init__(self, times: Counter[str], words: Words, scanner: Scanner) -> None:
        self.words = words
        self._scanner = scanner
        self._numbers = {text: number for number, text in enumerate(times)}
        self._times = tuple(times.values())
        self._allowed: dict[Seen, Allowed] = {}

    def start(self) -> Seen:
        return Seen(Reading(), "", self._times)

    def allowed(self, state: Seen) -> Allowed:
        if state not in self._allowed:
            barred = frozenset(token for token in self._suspects(state) if self._after(state, token) is None)
            self._allowed[state] = AllBut(barred) if barred else EVERYTHING
        return self._allowed[state]

    def advance(self, state: Seen, token: int) -> Seen:
        return self._after(state, token) or state

    def missing(self, state: Seen) -> int:
        """1 where an end would close a placeholder that must not be."""
        return int(self._used(state.left, self._scanner.closed(state.open)) is None)

    def _after(self, state: Seen, token: int) -> Seen | None:
        """None: the token completes a placeholder too many."""
        chars, reading = state.reading.after(token, self.words)
        scan = self._scanner.read(state.open, chars)
        left = self._used(state.left, scan.found)
        return None if left is None else Seen(reading, scan.open, left)

    def _used(self, left: tuple[int, ...], found: Sequence[str]) -> tuple[int, ...] | None:
        counts = [*left]
        for text in found:
            number = self._numbers.get(text)
            if number is None or not counts[number]:
                return None
            counts[number] -= 1
        return tuple(counts)

    def _suspects(self, state: Seen) -> Iterator[int]:
        """All tokens that may complete a placeholder: those in which one may begin, and all where one has begun whose
        next character ends it.
        """
        side = state.reading.side
        if state.reading.begun:
            yield from self.words.every
            return
        yield from self._beginning[side]
        if state.open:
            for char, tokens in _by_first(self.words.spellings, side).items():
                scan = self._scanner.read(state.open, char)
                if scan.open or self._used(state.left, scan.found) is None:
                    yield from tokens

    @cached_property
    def _beginning(self) -> tuple[frozenset[int], ...]:
        own = frozenset(self.words.own_tokens)
        return tuple(own | _beginning(self.words.spellings, self._scanner, side) for side in (0, 1))


@lru_cache(maxsize=32)
def _beginning(spellings: Spellings, scanner: Scanner, side: int) -> frozenset[int]:
    """The tokens with a character in them that may begin a placeholder."""
    return frozenset(
        token
        for token in (*spellings.tokens, spellings.specials.unk)
        if any(scanner.may_begin(char) for char in spellings.surface(token, side).decode("utf-8", "replace"))
    )


@lru_cache(maxsize=8)
def _by_first(spellings: Spellings, side: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for token in spellings.tokens:
        chars, _ = read(b"", spellings.surface(token, side))
        if chars:
            found.setdefault(chars[0], []).append(token)
    return found

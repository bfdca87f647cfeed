"""Labels that make whole spans."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from seqloom.core.errors import DecodingError
from seqloom.core.wording import show
from seqloom.decoding.constraints.words import BARE, SourceText, Spellings, Words
from seqloom.decoding.request import Allowed, Only

__all__ = ["Spans", "SpansSettings"]

Scheme = Literal["bio", "bioes"]


@dataclass(frozen=True, kw_only=True)
class SpansSettings:
    """The labels of spans, such as `B-PER I-PER O`."""

    kind: Literal["bio"] = "bio"
    scheme: Scheme = "bio"
    """"bio": I-X follows on B-X or I-X. "bioes": a span of several ends with E-X, one of one is S-X."""
    each_word: bool = False
    """A label for each of the source's words, no more and no fewer. With "bioes" that is more than `same_length` beside
    it, which would let a span begin at the last word, where it cannot end any more."""

    def build(self, words: Words, source: SourceText) -> Spans | WordSpans:
        spans = Spans(words, scheme=self.scheme)
        return WordSpans(spans, len(source.text.split())) if self.each_word else spans


class Spans:
    """A state is the last label's token; -1 before the first."""

    def __init__(self, words: Words, *, scheme: Scheme = "bio") -> None:
        self._follows, self._opens = _transitions(words.spellings, scheme)
        self._closed = {state: Only(allowed.ids - self._opens) for state, allowed in self._follows.items()}

    def start(self) -> int:
        return -1

    def allowed(self, state: int) -> Allowed:
        return self._follows[state]

    def closing(self, state: int) -> Allowed:
        """What may follow and leaves no span open."""
        return self._closed[state]

    def advance(self, state: int, token: int) -> int:
        return token

    def missing(self, state: int) -> int:
        return int(state in self._opens)


class Placed(NamedTuple):
    """A state: the last label's token, and how many there are."""

    last: int = -1
    length: int = 0


class WordSpans:
    """Spans of exactly so many labels, a token each."""

    def __init__(self, spans: Spans, length: int) -> None:
        self.spans = spans
        self.length = length

    def start(self) -> Placed:
        return Placed()

    def allowed(self, state: Placed) -> Allowed:
        left = self.length - state.length
        if left < 1:
            return Only(frozenset())
        return self.spans.allowed(state.last) if left > 1 else self.spans.closing(state.last)

    def advance(self, state: Placed, token: int) -> Placed:
        return Placed(token, state.length + 1)

    def missing(self, state: Placed) -> int:
        return max(self.length - state.length, 0)


@lru_cache(maxsize=16)
def _transitions(spellings: Spellings, scheme: Scheme) -> tuple[dict[int, Only], frozenset[int]]:
    """What may follow each label, and the labels after which a span is open."""
    labels = {token: spellings.surface(token, BARE).decode("utf-8", "replace") for token in spellings.tokens}
    parts = {token: (name[:1], name[2:]) for token, name in labels.items() if name[1:2] == "-" and name[2:]}
    wrong = {token: name for token, name in labels.items() if token not in parts and name != "O"}
    for token, (prefix, _) in parts.items():
        if prefix not in ("BIES" if scheme == "bioes" else "BI"):
            wrong[token] = labels[token]
    if wrong or not parts:
        known = "B-X, I-X, E-X, S-X or O" if scheme == "bioes" else "B-X, I-X or O"
        has = f"has {show(next(iter(wrong.values())))}" if wrong else "has no span"
        raise DecodingError(f"the labels must be {known} for `{scheme}`, but the vocabulary {has}. Leave it out.")
    begins = {token for token, (prefix, _) in parts.items() if prefix in "BS"}
    outside = {token for token, name in labels.items() if name == "O"}
    follows: dict[int, Only] = {-1: Only(frozenset(begins | outside))}
    opens = set()
    for token in [*parts, *outside]:
        prefix, kind = parts.get(token, ("O", ""))
        inside = (
            {other for other, part in parts.items() if part[1] == kind and part[0] in "IE"} if prefix in "BI" else set()
        )
        is_open = scheme == "bioes" and prefix in "BI"
        if is_open:
            opens.add(token)
        follows[token] = Only(frozenset(inside if is_open else inside | begins | outside))
    return follows, frozenset(opens)

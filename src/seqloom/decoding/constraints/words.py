"""What a constraint knows of a vocabulary: how each token is written, and which tokens write a given text."""

from __future__ import annotations

import codecs
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from seqloom.core.specials import Specials

__all__ = ["SourceText", "Spelling", "Spellings", "Words", "read"]

BARE, BEHIND = 0, 1
"""The two sides a token can be written on: where nothing stands between it and what is before, and behind a token."""


class Spelling(NamedTuple):
    """What one token adds to a text, in UTF-8: a token may be half a character."""

    bare: bytes
    """At the beginning, and behind a token that touches the next one."""
    behind: bytes
    """Behind any other token: with the space, if the tokenizer writes one there."""
    touches: bool = False
    """Whether the next token is written bare."""


@dataclass(frozen=True, kw_only=True)
class SourceText:
    """The source as a constraint may look at it."""

    text: str
    tokens: int
    """As many as the model reads."""


class Spellings:
    """Of a whole vocabulary; looked at in several ways, each made when it is first needed. Shared by all requests.

    ``in_word`` says whether a character belongs to a word that goes on; characters of scripts without spaces between
    words do not.
    """

    def __init__(
        self, spellings: Sequence[Spelling], *, specials: Specials, in_word: Callable[[str], bool] = str.isalnum
    ) -> None:
        self.specials = specials
        self.in_word = cache(in_word)
        self.spellings = tuple(spellings)
        controls = {specials.pad, specials.bos, specials.eos, specials.unk}
        self.tokens = tuple(token for token in range(len(self.spellings)) if token not in controls)

    def surface(self, token: int, side: int) -> bytes:
        spelling = self.spellings[token]
        return spelling.behind if side else spelling.bare

    @cached_property
    def by_text(self) -> tuple[dict[bytes, list[int]], ...]:
        """The tokens that are written so, for each side."""
        found: tuple[dict[bytes, list[int]], ...] = ({}, {})
        for token in self.tokens:
            for side in (BARE, BEHIND):
                if surface := self.surface(token, side):
                    found[side].setdefault(surface, []).append(token)
        return found

    @cached_property
    def _in_order(self) -> tuple[list[bytes], ...]:
        return tuple(sorted(texts) for texts in self.by_text)

    def beginning(self, text: bytes, side: int) -> Iterator[int]:
        """The tokens that begin with the text and go on after it."""
        ordered, by_text = self._in_order[side], self.by_text[side]
        place = bisect_left(ordered, text)
        while place < len(ordered) and ordered[place].startswith(text):
            if ordered[place] != text:
                yield from by_text[ordered[place]]
            place += 1

    @cached_property
    def _tails(self) -> tuple[dict[bytes, list[tuple[int, bool]]], ...]:
        """Everything that a token may end with but the whole of it, and whether a word may begin there."""
        found: tuple[dict[bytes, list[tuple[int, bool]]], ...] = ({}, {})
        for side, texts in enumerate(self.by_text):
            for surface, tokens in texts.items():
                for place in range(1, len(surface)):
                    begins = self._ends_outside(surface[:place])
                    found[side].setdefault(surface[place:], []).extend((token, begins) for token in tokens)
        return found

    def ending(self, text: bytes, side: int, *, begins_word: bool) -> Iterator[int]:
        """The tokens that end with the text and have something before it; after which a word may begin, if asked."""
        for token, begins in self._tails[side].get(text, ()):
            if begins or not begins_word:
                yield token

    @lru_cache(maxsize=4096)  # noqa: B019 - a vocabulary lives as long as its model
    def containing(self, text: bytes, side: int) -> tuple[int, ...]:
        return tuple(token for token in self.tokens if text in self.surface(token, side))

    @cached_property
    def leaving(self) -> tuple[frozenset[int], ...]:
        """The tokens before which a word ends, for each side."""
        return tuple(
            frozenset(token for token in self.tokens if self.leaves(self.surface(token, side))) for side in (0, 1)
        )

    def leaves(self, surface: bytes) -> bool:
        text, _ = read(b"", surface)
        return text != "" and not self.in_word(text[0])

    def _ends_outside(self, text: bytes) -> bool:
        return not self.in_word(text.decode("utf-8", "replace")[-1])


@dataclass(frozen=True, kw_only=True, eq=False)
class Words:
    """A vocabulary, what turns text into its tokens, and a source's own words, whose ids come behind the others."""

    spellings: Spellings
    encode: Callable[[str], list[int]]
    own: tuple[Spelling, ...] = ()

    def with_own(self, own: Sequence[Spelling]) -> Words:
        return replace(self, own=tuple(own))

    @property
    def specials(self) -> Specials:
        return self.spellings.specials

    @property
    def in_word(self) -> Callable[[str], bool]:
        return self.spellings.in_word

    @property
    def own_tokens(self) -> range:
        return range(self.specials.size, self.specials.size + len(self.own))

    @property
    def every(self) -> Iterator[int]:
        """All tokens of an answer."""
        yield from self.spellings.tokens
        yield from self.own_tokens

    def spelling(self, token: int) -> Spelling:
        size = self.specials.size
        return self.spellings.spellings[token] if token < size else self.own[token - size]

    def surface(self, token: int, side: int) -> bytes:
        spelling = self.spelling(token)
        return spelling.behind if side else spelling.bare

    def side_after(self, token: int) -> int:
        return BARE if self.spelling(token).touches else BEHIND

    def text(self, tokens: Sequence[int]) -> str:
        """What the tokens say, as a constraint reads it."""
        written, side = b"", BARE
        for token in tokens:
            written += self.surface(token, side)
            side = self.side_after(token)
        return written.decode("utf-8", "replace")

    # ---- which tokens write a text -----------------------------------------------------------------------------------

    def exactly(self, text: bytes, side: int) -> list[int]:
        found = self.spellings.by_text[side].get(text, [])
        return found + [token for token in self.own_tokens if self.surface(token, side) == text]

    def beginning(self, text: bytes, side: int) -> Iterator[int]:
        yield from self.spellings.beginning(text, side)
        for token in self.own_tokens:
            surface = self.surface(token, side)
            if surface != text and surface.startswith(text):
                yield token

    def ending(self, text: bytes, side: int, *, begins_word: bool) -> Iterator[int]:
        yield from self.spellings.ending(text, side, begins_word=begins_word)
        for token in self.own_tokens:
            surface = self.surface(token, side)
            lead = surface.removesuffix(text)
            if len(surface) > len(lead) > 0:
                last = lead.decode("utf-8", "replace")[-1]
                if not begins_word or not self.in_word(last):
                    yield token

    def containing(self, text: bytes, side: int) -> Iterator[int]:
        yield from self.spellings.containing(text, side)
        yield from (token for token in self.own_tokens if text in self.surface(token, side))

    def leaving(self, side: int) -> Iterator[int]:
        """The tokens before which a word ends."""
        yield from self.spellings.leaving[side]
        yield from (token for token in self.own_tokens if self.spellings.leaves(self.surface(token, side)))


@lru_cache(maxsize=1 << 16)
def read(begun: bytes, more: bytes) -> tuple[str, bytes]:
    """The characters that are whole now, and the beginning of one that is not."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(begun + more)
    return text, decoder.getstate()[0]

"""Answers of a list: one of them, or several in the list's order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from seqloom.core.errors import DecodingError, RecipeError
from seqloom.core.wording import show
from seqloom.decoding.constraints.trie import trie_of
from seqloom.decoding.constraints.words import SourceText, Words
from seqloom.decoding.request import Allowed, Constraint, Only

__all__ = ["OneOfSettings", "SeveralOf"]

_Encode = Callable[[str], list[int]]


@dataclass(frozen=True, kw_only=True)
class OneOfSettings:
    """The list of answers."""

    kind: Literal["one_of"] = "one_of"
    texts: tuple[str, ...] = ()
    """Each is said as the tokenizer cuts it, so that there is one way to it. What has tokens that the vocabulary lacks
    cannot be said, and is left out."""
    several: bool = False
    """Several of them with a space between, each once and in the list's order: a set is said in one way only."""
    without: tuple[str, ...] = ()
    """Those of them that are not allowed. To say so costs little where the list is long and asked for again."""

    def __post_init__(self) -> None:
        if self.several and self.without:
            raise RecipeError("without must be empty with `several`, but has some. Leave them out of `texts`.")

    def build(self, words: Words, source: SourceText) -> Constraint:
        if not self.texts:
            raise DecodingError("`texts` must have at least one answer, but is empty. Name some.")
        if self.several:
            return _several_of(words.encode, words.specials.unk, self.texts)
        trie = trie_of(self.texts, words.encode, words.spellings)
        return trie.without(map(words.encode, self.without)) if self.without else trie


class SeveralOf:
    """Several answers of a list: a trie for what stands first, and one for what stands behind another.

    A state is the place in the list of the text before (-1: there is none), and a node: of the first trie while nothing
    stands before, else of the second. Each text is spelt as the tokenizer spells it, which is how it was learnt.
    """

    def __init__(self, encode: _Encode, unknown: int, texts: Sequence[str]) -> None:
        spelt = {place: encode(text) for place, text in enumerate(texts)}
        said = {place: tokens for place, tokens in spelt.items() if tokens and unknown not in tokens}
        if not said:
            raise DecodingError(
                f"`texts` must have an answer that the vocabulary can say, but {show(texts[0])} is none."
            )
        self._first = _Trie(said)
        self._behind = _Trie({place: encode(f"{texts[place]} {texts[place]}")[len(said[place]) :] for place in said})
        self._kept: dict[tuple[int, int], Allowed] = {}

    def start(self) -> tuple[int, int]:
        return -1, 0

    def allowed(self, state: tuple[int, int]) -> Allowed:
        if state not in self._kept:
            before, node = state
            trie = self._trie(before)
            ids = set(trie.after(node, before))
            if (place := trie.ends.get(node, -1)) > before:
                ids |= set(self._behind.after(0, place))
            self._kept[state] = Only(frozenset(ids))
        return self._kept[state]

    def advance(self, state: tuple[int, int], token: int) -> tuple[int, int]:
        before, node = state
        trie = self._trie(before)
        if (child := trie.children[node].get(token)) is not None and trie.last[child] > before:
            return before, child
        return trie.ends[node], self._behind.children[0][token]

    def missing(self, state: tuple[int, int]) -> int:
        before, node = state
        return self._trie(before).missing(node, before)

    def _trie(self, before: int) -> _Trie:
        return self._first if before < 0 else self._behind


class _Trie:
    """Texts by their tokens, each with its place in the list."""

    def __init__(self, texts: dict[int, list[int]]) -> None:
        self.children: list[dict[int, int]] = [{}]
        self.last: list[int] = [-1]
        """The last place of the texts that go through a node."""
        self.ends: dict[int, int] = {}
        for place, tokens in texts.items():
            node = 0
            for token in tokens:
                if token not in self.children[node]:
                    self.children[node][token] = len(self.children)
                    self.children.append({})
                    self.last.append(-1)
                node = self.children[node][token]
                self.last[node] = max(self.last[node], place)
            self.ends[node] = place

    def after(self, node: int, before: int) -> list[int]:
        """The tokens that go on towards a text whose place is behind ``before``."""
        return [token for token, child in self.children[node].items() if self.last[child] > before]

    def missing(self, node: int, before: int) -> int:
        """The tokens of the shortest way to the end of such a text."""
        here, length = [node], 0
        while not any(self.ends.get(each, -1) > before for each in here):
            here = [self.children[each][token] for each in here for token in self.after(each, before)]
            length += 1
        return length


@lru_cache(maxsize=16)
def _several_of(encode: _Encode, unknown: int, texts: tuple[str, ...]) -> SeveralOf:
    """Kept, since all requests have the same."""
    return SeveralOf(encode, unknown, texts)

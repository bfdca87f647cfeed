"""The simplest language model: what follows a word. Others' perplexities are told beside its own."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

from seqloom.metrics.words import plain, tokens

__all__ = ["Bigrams"]

_EDGE = ""
"""What stands before the first word of a text and behind its last."""
_DISCOUNT = 0.75
"""Of each count, for what was never seen (Ney et al. 1994)."""
_CHARACTERS = 0x110000
_HELD = 2_000_000
"""Pairs of words that are counted at a time: beyond, those that were seen once make room."""


class Bigrams:
    """Words where a writing has spaces, characters where it has none. A word that it does not know is spelled.

    So it has a probability for every text, and of words its perplexity is comparable with any other model's.
    """

    def __init__(
        self, counts: dict[str, int], pairs: dict[tuple[str, str], int], *, total: int, letters: dict[str, int]
    ) -> None:
        self.counts = counts
        """Of the commonest words; of the edge as many as there were texts."""
        self.pairs = pairs
        self.total = total
        """Of all words, the edges too."""
        self.letters = letters
        """Of the words' characters, each word once; of the edge as many as there were words."""

    @classmethod
    def learn(cls, texts: Iterable[str], *, words: int = 20_000, pairs: int = 60_000) -> Self:
        """The commonest words and pairs of them are kept, at most so many."""
        counts: Counter[str] = Counter()
        following: Counter[tuple[str, str]] = Counter()
        for text in texts:
            said = tokens(plain(text))
            counts.update((*said, _EDGE))
            following.update(pairwise((_EDGE, *said, _EDGE)))
            if len(following) > _HELD:
                following = Counter({pair: number for pair, number in following.items() if number > 1})
        letters = Counter(letter for word in counts for letter in (*word, _EDGE) if word)
        known = dict(counts.most_common(words))
        kept = {pair: number for pair, number in following.most_common(pairs) if {*pair} <= known.keys()}
        return cls(known, kept, total=counts.total(), letters=dict(letters))

    def logp(self, text: str) -> float:
        """Of the text with its end, natural."""
        said = tokens(plain(text))
        return sum(math.log(self.after(*pair)) for pair in pairwise((_EDGE, *said, _EDGE)))

    def say(self, dice: random.Random, *, longest: int = 100) -> str:
        """A text drawn from it, of at most so many words."""
        said = [_EDGE]
        while len(said) <= longest:
            words, weights = self._followers.get(said[-1]) or self._followers[_EDGE]
            [word] = dice.choices(words, weights)
            if word == _EDGE:
                break
            said.append(word)
        glue = "" if sum(len(word) == 1 and not word.isascii() for word in said) > len(said) / 2 else " "
        return glue.join(said[1:])

    def to_data(self) -> dict[str, Any]:
        """As JSON can hold it."""
        number = {word: place for place, word in enumerate(self.counts)}
        flat = [each for (first, then), count in self.pairs.items() for each in (number[first], number[then], count)]
        return {
            "words": list(self.counts),
            "counts": list(self.counts.values()),
            "pairs": flat,
            "total": self.total,
            "letters": self.letters,
        }

    @classmethod
    def from_data(cls, data: Any) -> Self:
        words, flat = data["words"], data["pairs"]
        pairs = {
            (words[first], words[then]): count
            for first, then, count in zip(flat[::3], flat[1::3], flat[2::3], strict=True)
        }
        return cls(dict(zip(words, data["counts"], strict=True)), pairs, total=data["total"], letters=data["letters"])

    def after(self, before: str, word: str) -> float:
        """Absolute discounting: what is taken from the pairs goes to the words alone."""
        alone = self._alone(word)
        times = self.counts.get(before, 0)
        if not times:
            return alone
        seen = max(0.0, self.pairs.get((before, word), 0) - _DISCOUNT)
        return seen / times + (1 - self._given.get(before, 0.0) / times) * alone

    def _alone(self, word: str) -> float:
        seen = max(0.0, self.counts.get(word, 0) - _DISCOUNT)
        return seen / self.total + (1 - self._kept / self.total) * self._spelled(word)

    def _spelled(self, word: str) -> float:
        found = 1.0
        for letter in (*word, _EDGE):
            found *= (self.letters.get(letter, 0) + 1 / _CHARACTERS) / (self._letters + 1)
        return max(found, 1e-300)

    @cached_property
    def _kept(self) -> float:
        """What the known words keep of all counts."""
        return sum(max(0.0, count - _DISCOUNT) for count in self.counts.values())

    @cached_property
    def _letters(self) -> int:
        return sum(self.letters.values())

    @cached_property
    def _given(self) -> dict[str, float]:
        """What the known pairs keep of each first word's count."""
        found: dict[str, float] = {}
        for (before, _), count in self.pairs.items():
            found[before] = found.get(before, 0.0) + max(0.0, count - _DISCOUNT)
        return found

    @cached_property
    def _followers(self) -> dict[str, tuple[Sequence[str], Sequence[int]]]:
        found: dict[str, tuple[list[str], list[int]]] = {}
        for (before, word), count in self.pairs.items():
            words, counts = found.setdefault(before, ([], []))
            words.append(word)
            counts.append(count)
        return dict(found)

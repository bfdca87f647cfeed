"""Naive Bayes: what the words of a text say of its label, each for itself. The baseline of whoever classifies texts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from typing import Any, Self

from seqloom.metrics.words import tokens

__all__ = ["NaiveBayes"]

_SEEN = 100_000
"""Texts that it learns from: a baseline needs no more, and a file of any size must fit into memory."""
_WORDS = 5000
_ANSWERS = 100
_SPACELESS = "\u0e00"
"""Where the writings begin that ``tokens`` takes apart by character."""


@dataclass(frozen=True, kw_only=True)
class NaiveBayes:
    """Whether a word is in a text counts, not how often (Wang & Manning 2012); each count is one more than was seen."""

    answers: Sequence[tuple[str, int]]
    """With the number of their texts, the commonest first."""
    words: Mapping[str, Sequence[tuple[int, int]]]
    """Of each of the commonest words, in how many texts of which answer it is: (place of the answer, number)."""

    @classmethod
    def learn(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """All pairs are read, also where the first are enough."""
        numbers: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        by_answer: Counter[tuple[str, str]] = Counter()
        pairs = iter(pairs)
        for text, answer in islice(pairs, _SEEN):
            numbers[answer] += 1
            words = _words(text)
            seen.update(words)
            by_answer.update((word, answer) for word in words)
        for _, answer in pairs:
            numbers[answer] += 1
        answers = numbers.most_common(_ANSWERS)
        places = {answer: place for place, (answer, _) in enumerate(answers)}
        table: dict[str, list[tuple[int, int]]] = {word: [] for word, _ in seen.most_common(_WORDS)}
        for (word, answer), number in by_answer.items():
            if word in table and answer in places:
                table[word].append((places[answer], number))
        return cls(answers=answers, words=table)

    def to_data(self) -> dict[str, Any]:
        return {"answers": self.answers, "words": self.words}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        return cls(answers=data["answers"], words=data["words"])

    @property
    def commonest(self) -> str:
        return self.answers[0][0]

    def __call__(self, text: str) -> str:
        """The likeliest answer."""
        logps = [math.log(number) for _, number in self.answers]
        for word in _words(text) & self.words.keys():
            counts = dict(self.words[word])
            logps = [
                logp + math.log1p(counts.get(place, 0)) - whole
                for place, (logp, whole) in enumerate(zip(logps, self._wholes, strict=True))
            ]
        return self.answers[logps.index(max(logps))][0]

    @cached_property
    def _wholes(self) -> list[float]:
        """Of each answer, the logarithm of all that was counted."""
        wholes = [len(self.words)] * len(self.answers)
        for counts in self.words.values():
            for place, number in counts:
                wholes[place] += number
        return [math.log(whole) for whole in wholes]


def _words(text: str) -> set[str]:
    """In small letters; in writings without spaces characters, and pairs of them, which most words there are."""
    found = tokens(text.lower())
    alone = [len(token) == 1 and token >= _SPACELESS for token in found]
    return {
        *found,
        *(
            one + other
            for (one, first), (other, second) in pairwise(zip(found, alone, strict=True))
            if first and second
        ),
    }

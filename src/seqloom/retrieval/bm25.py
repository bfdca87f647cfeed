"""The nearest text by the words that both have."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

__all__ = ["Bm25"]


class Bm25:
    """Robertson & Zaragoza 2009, section 3: a rare word counts more, a long text less."""

    def __init__(self, texts: Sequence[Sequence[str]], *, k1: float = 1.2, b: float = 0.75) -> None:
        """Of texts that are cut into words already."""
        self.size = len(texts)
        mean = sum(map(len, texts)) / max(1, self.size) or 1.0
        in_texts = Counter(word for text in texts for word in set(text))
        self._weights: dict[str, list[tuple[int, float]]] = {}
        for place, text in enumerate(texts):
            for word, count in Counter(text).items():
                rare = math.log(1 + (self.size - in_texts[word] + 0.5) / (in_texts[word] + 0.5))
                often = count * (k1 + 1) / (count + k1 * (1 - b + b * len(text) / mean))
                self._weights.setdefault(word, []).append((place, rare * often))

    def nearest(self, words: Sequence[str], *, most: int) -> list[int]:
        """The places of at most so many texts that have any of the words, nearest first; the first of equals."""
        scores: dict[int, float] = {}
        for word in dict.fromkeys(words):
            for place, weight in self._weights.get(word, ()):
                scores[place] = scores.get(place, 0.0) + weight
        return sorted(scores, key=lambda place: (-scores[place], place))[:most]

"""The most alike of some thousand texts, by the words that they share."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

__all__ = ["WordIndex"]

_SATURATES, _BY_LENGTH = 1.2, 0.75
"""k1 and b of BM25, as they are usually set."""


class WordIndex:
    """Okapi BM25 (Robertson et al. 1994) over what ``terms`` makes of a text."""

    def __init__(self, texts: Sequence[str], *, terms: Callable[[str], Sequence[str]]) -> None:
        self.terms = terms
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._lengths = []
        for place, text in enumerate(texts):
            counts = Counter(terms(text))
            self._lengths.append(counts.total())
            for term, times in counts.items():
                self._postings[term].append((place, times))
        self._mean = max(1.0, sum(self._lengths) / max(1, len(self._lengths)))

    def nearest(self, text: str, *, k: int = 1) -> list[int]:
        """The places of the most alike, best first, the first of equals before others; none that shares no term."""
        scores: dict[int, float] = defaultdict(float)
        for term in {*self.terms(text)}:
            postings = self._postings.get(term, ())
            weight = math.log1p((len(self._lengths) - len(postings) + 0.5) / (len(postings) + 0.5))
            for place, times in postings:
                length = 1 - _BY_LENGTH + _BY_LENGTH * self._lengths[place] / self._mean
                scores[place] += weight * times * (1 + _SATURATES) / (times + _SATURATES * length)
        return sorted(scores, key=lambda place: (-scores[place], place))[:k]

"""Whether the sides of a pair belong together: by the words that translate each other elsewhere in the file.

IBM's first model (Brown et al. 1993, section 4.1) is learnt of one half of a sample and asked about the other, so that
no pair vouches for itself. What a wrong pair looks like is seen by exchanging targets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.core.scripts import UNSPACED
from seqloom.data.inspecting.examples import Example, Pair
from seqloom.data.inspecting.sketches import Few

__all__ = ["Alignment", "find_misaligned", "words_of"]

_WORDS = re.compile(f"[{UNSPACED}]|[^\\W{UNSPACED}]+")
_FEWEST = 400
_CELLS = 2_400_000
_LONGEST = 60
_TYPES = 30_000
_ROUNDS = 4
_CHANCE = 0.1
"""Of a target word that no source word made."""
_KNOWN = 3
"""Target words that must be known, so that a pair can be judged."""
_TELLS = 0.93
"""The share of pairs that must do better than exchanged ones, so that the others can be called odd."""
_WINDOW = 15
_Words = NDArray[np.int64]


def words_of(text: str) -> list[str]:
    """Small letters, no punctuation; a character of a script without spaces is a word."""
    return [word for word in _WORDS.findall(text.lower()) if word[0].isalnum()]


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """What was judged, and what looks wrong."""

    judged: int = 0
    """0: the sides are no word-by-word translations, or too few to tell."""
    tells: float = 0.0
    """The share of pairs that do better than exchanged ones: 0.5 says nothing, 1 everything."""
    odd: Few[Example]
    shifted: Few[Example]
    """Stretches in which a neighbour's target fits better; each by its first pair."""


def find_misaligned(pairs: Sequence[Pair]) -> Alignment:
    """Pairs in the order of their file, in blocks of neighbours."""
    odd, shifted = Few[Example](most=8), Few[Example]()
    if len(pairs) < _FEWEST:
        return Alignment(odd=odd, shifted=shifted)
    words = [[words_of(pair.source)[:_LONGEST] for pair in pairs], [words_of(pair.target)[:_LONGEST] for pair in pairs]]
    kept = _even(words, 2 * _CELLS)
    pairs, words = [pairs[row] for row in kept], [[side[row] for row in kept] for side in words]
    sides = [_Numbered(side) for side in words]
    # Whole blocks go to one half, so that what is repeated from line to line vouches for nobody either.
    half = (np.arange(len(pairs)) // 50) % 2
    own, left, right, other = (np.full(len(pairs), np.nan) for _ in range(4))
    rows = np.arange(len(pairs))
    for part in (0, 1):
        asked = rows[half == part]
        model = _Model(sides[0], sides[1], rows[half != part])
        own[asked] = model.scores(asked, asked)
        left[asked] = model.scores(np.maximum(asked - 1, 0), asked)
        right[asked] = model.scores(np.minimum(asked + 1, len(pairs) - 1), asked)
        other[asked] = model.scores(np.roll(asked, len(asked) // 2 + 7), asked)
    good = ~np.isnan(own) & ~np.isnan(other)
    if good.sum() < _FEWEST // 2:
        return Alignment(odd=odd, shifted=shifted)
    tells = _telling(own > other, good)
    if tells < _TELLS:
        return Alignment(tells=tells, odd=odd, shifted=shifted)
    middle = float(np.nanmedian(other))
    for first, last in _stretches(pairs, own, left, right, middle):
        note = f"to about line {pairs[last].line:,}: a neighbour's target fits better"
        shifted.add(Example(pair=pairs[first], note=note), weight=last - first)
    for row in np.flatnonzero(good & (own < middle)).tolist():
        odd.add(Example(pair=pairs[row]), weight=float((middle - own[row]) * sides[1].lengths[row] ** 0.5))
    return Alignment(judged=int(good.sum()), tells=tells, odd=odd, shifted=shifted)


def _telling(better: NDArray[np.bool_], good: NDArray[np.bool_]) -> float:
    """The share of pairs that do better than exchanged ones, where most do: of the better blocks, so that a stretch
    that is off by a line does not hide itself."""
    blocks = np.arange(len(good)) // 50
    judged = np.bincount(blocks, good)
    shares = np.bincount(blocks, better & good)[judged >= 10] / judged[judged >= 10]
    return float(np.quantile(shares, 0.7)) if len(shares) else 0.0


def _stretches(
    pairs: Sequence[Pair],
    own: NDArray[np.float64],
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    middle: float,
) -> list[tuple[int, int]]:
    """Where, over many lines in a row, the line before or after fits better than the own one."""
    smooth = np.ones(_WINDOW) / _WINDOW
    filled = [np.nan_to_num(each, nan=middle) for each in (own, left, right)]
    clearly = np.maximum(filled[1], filled[2]) > filled[0] + 0.5
    own, left, right = (np.convolve(each, smooth, mode="same") for each in filled)
    best = np.maximum(left, right)
    wrong = best > own + 0.5 * np.maximum(0.2, best - middle)
    found: list[tuple[int, int]] = []
    for row in np.flatnonzero(wrong).tolist():
        if found and row == found[-1][1] + 1 and pairs[row].file == pairs[found[-1][0]].file:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    trimmed = []  # what was smoothed reaches over its ends
    for first, last in found:
        rows = first + np.flatnonzero(clearly[first : last + 1])
        if len(rows) > _WINDOW // 2:
            trimmed.append((int(rows[0]), int(rows[-1])))
    return trimmed


def _even(words: Sequence[Sequence[Sequence[str]]], cells: int) -> list[int]:
    """Rows in blocks of neighbours, evenly spread, that have no more cells than can be looked at."""
    sizes = np.array([(len(source) + 1) * len(target) for source, target in zip(*words, strict=True)])
    every = max(1, -(-int(sizes.sum()) // cells))
    return np.flatnonzero((np.arange(len(sizes)) // 50) % every == 0).tolist()


class _Numbered:
    """Texts as numbers of their words; those that stand there once are nobody's translation, and left out."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        counts = Counter(word for text in texts for word in text)
        known = {word: number for number, (word, count) in enumerate(counts.most_common(_TYPES)) if count > 1}
        numbered = [[known[word] for word in dict.fromkeys(text) if word in known] for text in texts]
        self.size = max(1, len(known))
        self.lengths: _Words = np.array([len(text) for text in numbered], np.int64)
        self.words: _Words = np.array([word for text in numbered for word in text], np.int64)
        self.starts: _Words = np.cumsum(self.lengths) - self.lengths


class _Model:
    """p(target word | source word), and how much better than chance it explains a target."""

    def __init__(self, sources: _Numbered, targets: _Numbered, rows: _Words) -> None:
        self.sources, self.targets = sources, targets
        source_C, target_C, word_C = _cells(sources, targets, rows, rows)
        packed, pair_C = np.unique(source_C * targets.size + target_C, return_inverse=True)
        source_P = packed // targets.size
        p_P = np.ones(len(packed))
        words = int(word_C[-1]) + 1 if len(word_C) else 0
        for _ in range(_ROUNDS):
            p_C = p_P[pair_C]
            share_C = p_C / np.bincount(word_C, p_C, minlength=words)[word_C]
            count_P = np.bincount(pair_C, share_C, minlength=len(packed))
            p_P = count_P / np.bincount(source_P, count_P)[source_P]
        self.packed, self.p_P = packed, p_P
        counts = np.bincount(_flat(targets, rows), minlength=targets.size)
        self.known = counts > 1
        self.p_V = (counts + 0.5) / (counts.sum() + 0.5 * targets.size)

    def scores(self, sources: _Words, targets: _Words) -> NDArray[np.float64]:
        """Of each pair, the mean over target words of log p(word | source) / p(word); NaN where too few are known."""
        source_C, target_C, word_C = _cells(self.sources, self.targets, sources, targets)
        wanted = source_C * self.targets.size + target_C
        place = np.minimum(np.searchsorted(self.packed, wanted), max(0, len(self.packed) - 1))
        p_C = np.where(self.packed[place] == wanted, self.p_P[place], 0.0)
        words = _flat(self.targets, targets)
        made = np.bincount(word_C, p_C, minlength=len(words))
        lengths = np.repeat(self.sources.lengths[sources] + 1, self.targets.lengths[targets])
        likely = np.log((1 - _CHANCE) * made / lengths / self.p_V[words] + _CHANCE)
        known = self.known[words]
        row = np.repeat(np.arange(len(targets)), self.targets.lengths[targets])
        number = np.bincount(row[known], minlength=len(targets))
        total = np.bincount(row[known], likely[known], minlength=len(targets))
        return np.where(number >= _KNOWN, total / np.maximum(number, 1), np.nan)


def _flat(side: _Numbered, rows: _Words) -> _Words:
    lengths = side.lengths[rows]
    within = np.arange(int(lengths.sum())) - np.repeat(lengths.cumsum() - lengths, lengths)
    return side.words[np.repeat(side.starts[rows], lengths) + within]


def _cells(sources: _Numbered, targets: _Numbered, left: _Words, right: _Words) -> tuple[_Words, _Words, _Words]:
    """Of every target word each source word, and none of them (0); the target word; and the target word's place."""
    words_T = _flat(targets, right)
    widths_T = np.repeat(sources.lengths[left] + 1, targets.lengths[right])
    starts_T = np.repeat(sources.starts[left], targets.lengths[right])
    word_C = np.repeat(np.arange(len(words_T)), widths_T)
    place_C = np.arange(int(widths_T.sum())) - np.repeat(widths_T.cumsum() - widths_T, widths_T)
    at_C = np.minimum(np.repeat(starts_T, widths_T) + place_C - 1, max(0, len(sources.words) - 1))
    source_C = np.where(place_C == 0, 0, sources.words[at_C] + 1 if len(sources.words) else 0)
    return source_C, words_T[word_C], word_C

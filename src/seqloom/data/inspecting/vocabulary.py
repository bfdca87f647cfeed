"""Words, and what they become by the size of a vocabulary of subwords."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.data.inspecting.alignment import words_of
from seqloom.data.inspecting.examples import Pair
from seqloom.data.tokenizers.learning import learn
from seqloom.data.vocabulary import CONTROLS

__all__ = ["SIZES", "Pieces", "Words", "count_words", "cut_at_sizes", "share_known"]

SIZES = (1000, 2000, 4000, 8000, 16_000, 32_000)
_BYTES = 256
_PAIRS = 20_000
_LONGEST = 1000


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of one side of a sample, in small letters."""

    counts: Counter[str]

    @property
    def running(self) -> int:
        return sum(self.counts.values())

    @property
    def once(self) -> float:
        """The share of different words that stand there once."""
        return sum(count == 1 for count in self.counts.values()) / max(1, len(self.counts))

    def covered(self, size: int) -> float:
        """The share of the running words that are among the commonest."""
        return sum(count for _, count in self.counts.most_common(size)) / max(1, self.running)

    def rare(self, most: int) -> list[str]:
        """Words that stand there once, evenly from all over the alphabet."""
        found = sorted(word for word, count in self.counts.items() if count == 1 and len(word) > 1)
        return found[:: max(1, len(found) // most)][:most]


def count_words(texts: Sequence[str]) -> Words:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words_of(text))
    return Words(counts=counts)


def share_known(known: Words, texts: Sequence[str]) -> float:
    """The share of the running words of these texts that the others have."""
    there = all_of = 0
    for text in texts:
        words = words_of(text)
        all_of += len(words)
        there += sum(word in known.counts for word in words)
    return there / max(1, all_of)


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """A joint vocabulary of so many byte-pair tokens."""

    size: int
    tokens: tuple[float, float]
    """A source and a target, on the average."""
    longest: tuple[int, int]
    """What 99 % of the sources and targets are no longer than."""
    whole: float
    """The share of the running words that are one token."""
    often: float
    """How often half of the tokens, or more, stand in the whole of the data."""


def cut_at_sizes(pairs: Sequence[Pair], *, total: int) -> list[Pieces]:
    """By learning the largest vocabulary, and undoing its latest merges: a smaller one is the beginning of it.

    ``total`` pairs are in the data, of which these are a sample. Sizes that the texts do not fill, or that their
    characters would, are left out.
    """
    import sentencepiece

    every = max(1, -(-len(pairs) // _PAIRS))
    kept = [pair for number, pair in enumerate(pairs) if number % every == 0]
    sides = [[pair.source[:_LONGEST] for pair in kept], [pair.target[:_LONGEST] for pair in kept]]
    lines = [text for side in sides for text in side if text.strip()]
    if not lines:
        return []
    model = sentencepiece.SentencePieceProcessor(model_proto=learn(lines, kind="bpe", size=SIZES[-1], num_special=0))
    pieces: list[str] = [model.id_to_piece(number) for number in range(model.get_piece_size())]
    cutter = _Cutter(pieces, [model.encode(side) for side in sides], scale=total / max(1, len(kept)))
    found = []
    for size in SIZES:
        if size >= cutter.least:
            found.append(cutter.cut(min(size, len(pieces))))
        if size >= len(pieces):
            break
    return found


class _Cutter:
    """A vocabulary whose latest merges can be undone."""

    def __init__(self, pieces: Sequence[str], ids: Sequence[Sequence[Sequence[int]]], *, scale: float) -> None:
        self.size, self.scale = len(pieces), scale
        first = len(CONTROLS) + _BYTES + 1
        merged = [number for number in range(first, len(pieces)) if len(pieces[number]) > 1]
        self.halves = _halves(pieces, merged)
        self.others = len(pieces) - len(self.halves)
        self.least = self.others + (len(pieces) - first - len(self.halves))
        """Half of what is left to choose are characters, as ``learn`` has it."""
        self.sides = [np.array([number for text in side for number in text], np.int64) for side in ids]
        self.starts = [np.cumsum([0, *map(len, side)]) for side in ids]
        self.begins = np.array([piece.startswith("\u2581") for piece in pieces])
        self.counts = np.bincount(np.concatenate(self.sides), minlength=len(pieces))
        alone = [self._alone(side, starts) for side, starts in zip(self.sides, self.starts, strict=True)]
        self.alone = alone[0] + alone[1]

    def _alone(self, side: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of each piece, how often it was a whole word by itself."""
        begins = self.begins[side]
        after = np.append(begins[1:], True)
        after[starts[1:-1] - 1] = True
        return np.bincount(side[begins & after], minlength=self.size)

    def cut(self, size: int) -> Pieces:
        """With all but the latest merges."""
        kept = size - self.others
        widths, counts = [1] * self.size, self.counts.tolist()
        latest = self.halves[kept:]
        for number, left, right in latest:  # in the order of merging: the halves are known
            widths[number] = widths[left] + widths[right]
        for number, left, right in reversed(latest):
            counts[left] += counts[number]
            counts[right] += counts[number]
        width = np.array(widths)
        lengths = [
            np.add.reduceat(np.append(width[side], 0), starts[:-1])[np.diff(starts) > 0]
            for side, starts in zip(self.sides, self.starts, strict=True)
        ]
        merges = sorted(counts[number] for number, _, _ in self.halves[:kept])
        return Pieces(
            size=size,
            tokens=(float(lengths[0].mean()), float(lengths[1].mean())),
            longest=(int(np.quantile(lengths[0], 0.99)), int(np.quantile(lengths[1], 0.99))),
            whole=float(self.alone[width == 1].sum() / max(1, self.counts[self.begins].sum())),
            often=float(merges[len(merges) // 2] * self.scale) if merges else 0.0,
        )


def _halves(pieces: Sequence[str], merged: Sequence[int]) -> list[tuple[int, int, int]]:
    """Each merged piece and the two that it was merged of, which were there before it; the first merge first."""
    numbers = {piece: number for number, piece in enumerate(pieces)}
    order = {number: rank for rank, number in enumerate(merged)}  # a character is there before all
    found = []
    for number in merged:
        piece = pieces[number]
        ways = [(numbers.get(piece[:at], -1), numbers.get(piece[at:], -1)) for at in range(1, len(piece))]
        here = order[number]
        ways = [
            (left, right)
            for left, right in ways
            if min(left, right) >= 0 and max(order.get(left, -1), order.get(right, -1)) < here
        ]
        if ways:  # of several, the one whose halves were there first
            left, right = min(ways, key=lambda way: max(order.get(way[0], -1), order.get(way[1], -1)))
            found.append((number, left, right))
    return found

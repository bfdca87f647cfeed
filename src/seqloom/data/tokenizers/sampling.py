"""Other segmentations of a word, drawn at random.

sentencepiece draws too, but mixes something of the process into its seed, so that no other process draws the same.
A run that is resumed must, so the two ways are written out here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from random import Random

__all__ = ["Lattice", "Merges"]


@dataclass(frozen=True, kw_only=True)
class Merges:
    """Byte-pair merges, some of them left out (Provilkov et al. 2020)."""

    scores: Mapping[str, float]
    """Of each piece: the higher, the earlier it is merged."""
    dropout: float

    def cut(self, text: str, dice: Random) -> list[str]:
        """The pieces of a text: merge neighbours, the best first, passing over each chance with the given rate."""
        pieces: list[str] = list(text)
        end = len(pieces)
        before, after = list(range(-1, end - 1)), list(range(1, end + 1))
        chances = [chance for place in range(end - 1) if (chance := self._chance(pieces, place, place + 1))]
        heapify(chances)
        while chances:
            _, left, merged = heappop(chances)
            right = after[left]
            # An older chance, one of whose sides has meanwhile been merged with another piece, is gone.
            if right >= end or pieces[left] + pieces[right] != merged or dice.random() < self.dropout:
                continue
            pieces[left], pieces[right] = merged, ""
            after[left] = after[right]
            if after[left] < end:
                before[after[left]] = left
                if chance := self._chance(pieces, left, after[left]):
                    heappush(chances, chance)
            if before[left] >= 0 and (chance := self._chance(pieces, before[left], left)):
                heappush(chances, chance)
        return [piece for piece in pieces if piece]

    def _chance(self, pieces: list[str], left: int, right: int) -> tuple[float, int, str] | None:
        merged = pieces[left] + pieces[right]
        score = self.scores.get(merged)
        return None if score is None else (-score, left, merged)


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """Every segmentation by a unigram language model, drawn in proportion to its probability^α (Kudo 2018)."""

    scores: Mapping[str, float]
    """The log-probability of each piece."""
    alpha: float
    longest: int
    """Characters of the longest piece."""
    unknown: float
    """What a character that is no piece counts."""

    def cut(self, text: str, dice: Random) -> list[str]:
        """Forward: the weight of all ways to each place. Backward: draw the last piece, then the one before it."""
        logp = [0.0]
        ways: list[list[tuple[int, float]]] = [[]]
        for end in range(1, len(text) + 1):
            found = []
            for start in range(max(0, end - self.longest), end):
                score = self.scores.get(text[start:end])
                if score is None and start == end - 1:
                    score = self.unknown
                if score is not None:
                    found.append((start, logp[start] + self.alpha * score))
            highest = max(weight for _, weight in found)
            logp.append(highest + math.log(sum(math.exp(weight - highest) for _, weight in found)))
            ways.append(found)
        pieces = []
        end = len(text)
        while end:
            weights = [math.exp(weight - logp[end]) for _, weight in ways[end]]
            [(start, _)] = dice.choices(ways[end], weights)
            pieces.append(text[start:end])
            end = start
        return pieces[::-1]

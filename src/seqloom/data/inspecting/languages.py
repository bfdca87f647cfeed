"""Which texts are unlike the rest of their side: by runs of three characters, learnt of the file itself.

A profile of each side is a language model of the simplest kind (Cavnar & Trenkle 1994 rank such runs; here they have
probabilities). A target that the sources' profile explains better is in the sources' language, whatever that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.data.inspecting.characters import Codes, kinds
from seqloom.data.inspecting.examples import Example, Pair
from seqloom.data.inspecting.sketches import Few
from seqloom.data.nearness import fold

__all__ = ["APART", "Strangers", "find_strangers"]

_BUCKETS = 1 << 18
_FEWEST = 200
"""Pairs from which there is a profile."""
_LETTERS = 16
"""Of a text that can be told."""
APART = 0.7
"""Nats a character by which the two sides' profiles must differ, so that they are two languages."""
_SURE = 0.45
"""Nats a character by which the other side's profile must be the better one."""
_FAR = 7.0
"""Deviations from the middle of its side (Leys et al. 2013, by the median)."""


@dataclass(frozen=True, kw_only=True)
class Strangers:
    """Texts that are in the other side's language, and texts that are in neither."""

    apart: float
    """How far the profiles of the sides differ, in nats a character; 0 where there were too few pairs."""
    exchanged: Few[Example]
    unlike: Few[Example]
    judged: int = 0


def find_strangers(pairs: Sequence[Pair]) -> Strangers:
    """Among pairs whose sides are not the same."""
    exchanged, unlike = Few[Example](), Few[Example]()
    if len(pairs) < _FEWEST:
        return Strangers(apart=0.0, exchanged=exchanged, unlike=unlike)
    sides = [_Runs([pair.source for pair in pairs]), _Runs([pair.target for pair in pairs])]
    profiles = [side.profile() for side in sides]
    scores = [[side.mean(profile) for profile in profiles] for side in sides]
    apart = [float(np.median(scores[side][side] - scores[side][1 - side])) for side in range(2)]
    if min(apart) < APART:
        return Strangers(apart=min(apart), exchanged=exchanged, unlike=unlike)
    # Those were found already.
    seen = set(np.flatnonzero(sides[0].hashes == sides[1].hashes).tolist())
    for side, runs in enumerate(sides):
        own, other = scores[side][side], scores[side][1 - side]
        name = ("source", "target")[side]
        for row in np.flatnonzero((runs.letters >= _LETTERS) & (other - own > _SURE)).tolist():
            if row not in seen:
                seen.add(row)
                note = f"the {name} is in the {('target', 'source')[side]}'s language"
                exchanged.add(Example(pair=pairs[row], note=note), weight=float(other[row] - own[row]))
        middle = float(np.median(own))
        # One deviation of a text of so many letters: the fewer, the more it may differ.
        spread = 1.4826 * float(np.median(np.abs(own - middle) * np.sqrt(runs.letters + 1)))
        far = (middle - own) * np.sqrt(runs.letters + 1) / max(spread, 1e-9)
        for row in np.flatnonzero((runs.letters >= _LETTERS) & (far > _FAR)).tolist():
            if row not in seen:
                seen.add(row)
                unlike.add(Example(pair=pairs[row], note=f"the {name}"), weight=float(far[row]))
    return Strangers(apart=min(apart), exchanged=exchanged, unlike=unlike, judged=len(pairs))


class _Runs:
    """The runs of three characters of many texts, as numbers of buckets."""

    def __init__(self, texts: Sequence[str]) -> None:
        folded = fold(texts)
        self.hashes = np.array([hash(text) for text in folded])  # compared within this process alone
        codes = Codes([f" {text}  " for text in folded])
        wide = codes.codes.astype(np.uint64)
        around = (wide[:-2] << np.uint64(34)) | (wide[1:-1] << np.uint64(17)) | wide[2:]
        mixed = (around * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(46)
        self.buckets = np.concatenate([mixed, np.zeros(2, np.uint64)]).astype(np.int64)
        self.starts = codes.starts
        self.letters = codes.count(kinds().script[codes.codes] > 0)
        self.lengths = np.diff(self.starts, append=len(self.buckets))

    def profile(self) -> NDArray[np.float64]:
        counts = np.bincount(self.buckets, minlength=_BUCKETS) + 0.1
        return np.log(counts / counts.sum())

    def mean(self, profile: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of each text, the mean log-probability of its runs."""
        return np.add.reduceat(profile[self.buckets], self.starts) / self.lengths

"""Several corpora in one stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Scale
from seqloom.data.ragged import Numbers

__all__ = ["Mixture", "MixtureSettings"]


@dataclass(frozen=True, kw_only=True)
class MixtureSettings:
    """The mixture."""

    temperature: Scale = 1.0
    """Each corpus is read in proportion to its size^(1/temperature): 1 as it is, 5 favours the small (Arivazhagan et
    al. 2019)."""
    weights: tuple[Scale, ...] = ()
    """A weight for each corpus, in the order of the files, in place of its size."""

    def shares(self, sizes: Sequence[int]) -> list[float]:
        """What share of an epoch each corpus is."""
        if self.weights and len(self.weights) != len(sizes):
            raise RecipeError(
                f"`data.mixture.weights` must have one weight for each of {len(sizes)} corpora, "
                f"but has {len(self.weights)}. Name one for each file of `data.train`."
            )
        raised = [float(size) ** (1 / self.temperature) for size in self.weights or sizes]
        return [each / sum(raised) for each in raised]


class Mixture:
    """Which pairs an epoch reads. Pairs are numbered through all corpora, the first corpus' first.

    An epoch has as many pairs as the corpora together. A corpus is read in passes, each in another order; an epoch
    takes up where the one before stopped, so that of a corpus that is read less than once an epoch nothing is missed.
    """

    def __init__(self, sizes: Sequence[int], settings: MixtureSettings, *, seed: int) -> None:
        self.sizes = tuple(sizes)
        self.seed = seed
        self.size = sum(sizes)
        ends = np.cumsum(settings.shares(sizes)) * self.size
        self.counts: tuple[int, ...] = tuple(int(n) for n in np.diff(np.rint(ends).astype(np.int64), prepend=0))
        """Of each corpus, the pairs that an epoch reads."""

    def epoch(self, number: int, *, shuffle: bool = True) -> Numbers:
        """The numbers of an epoch's pairs; the same for the same seed and epoch."""
        first = 0
        parts = []
        for corpus, (size, count) in enumerate(zip(self.sizes, self.counts, strict=True)):
            start = number * count
            passes = range(start // size, -(-(start + count) // size))
            if shuffle:
                read = [np.random.default_rng([self.seed, corpus, each]).permutation(size) for each in passes]
            else:
                read = [np.arange(size) for _ in passes]
            if count:
                there = start - passes.start * size
                parts.append(first + np.concatenate(read)[there : there + count])
            first += size
        order = np.concatenate(parts)
        return np.random.default_rng([self.seed, len(self.sizes), number]).permutation(order) if shuffle else order

"""Several corpora in one stream, and several classes of targets in one corpus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqloom.core.errors import RecipeError
from seqloom.data.epoch import MixtureSettings
from seqloom.data.ragged import Numbers, Ragged

__all__ = ["Mixture", "classes_of"]

_CLASSES = 1000


def classes_of(targets: Ragged) -> list[Numbers]:
    """The rows of each target; a RecipeError where nearly every row has one of its own."""
    found: dict[bytes, list[int]] = {}
    for row in range(len(targets)):
        found.setdefault(targets.row(row).tobytes(), []).append(row)
        if len(found) > _CLASSES:
            raise RecipeError(
                f"`data.mixture.balance` needs at most {_CLASSES:,} different targets, but a corpus has more. Set it "
                "to 0."
            )
    return [np.array(rows) for rows in found.values()]


class Mixture:
    """Which pairs an epoch reads. Pairs are numbered through all corpora, the first corpus' first.

    An epoch has as many pairs as the corpora together. A corpus, or with ``balance`` each class of its targets, is read
    in passes, each in another order; an epoch takes up where the one before stopped, so that of what is read less than
    once an epoch nothing is missed.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        settings: MixtureSettings,
        *,
        seed: int,
        classes: Sequence[Sequence[Numbers]] | None = None,
    ) -> None:
        """``classes`` of each corpus are the rows of each of its targets; only ``balance`` asks for them."""
        self.sizes = tuple(sizes)
        self.seed = seed
        self.size = sum(sizes)
        shares = settings.shares(sizes)
        parts: list[Sequence[Numbers]] = [[np.arange(size)] for size in sizes]
        if settings.balance:
            assert classes is not None
            parts = [*classes]
        firsts = np.cumsum([0, *sizes])
        self._parts = [first + rows for first, part in zip(firsts, parts, strict=False) for rows in part]
        weights = [[len(rows) ** (1 - settings.balance) for rows in part] for part in parts]
        inner = [share * each / sum(part) for share, part in zip(shares, weights, strict=True) for each in part]
        ends = np.cumsum(inner) * self.size
        self.counts: tuple[int, ...] = tuple(int(n) for n in np.diff(np.rint(ends).astype(np.int64), prepend=0))
        """Of each corpus, or of each class of each corpus, the pairs that an epoch reads."""

    def epoch(self, number: int, *, shuffle: bool = True) -> Numbers:
        """The numbers of an epoch's pairs; the same for the same seed and epoch."""
        parts = []
        for part, (rows, count) in enumerate(zip(self._parts, self.counts, strict=True)):
            size = len(rows)
            start = number * count
            passes = range(start // size, -(-(start + count) // size))
            if shuffle:
                read = [np.random.default_rng([self.seed, part, each]).permutation(size) for each in passes]
            else:
                read = [np.arange(size) for _ in passes]
            if count:
                there = start - passes.start * size
                parts.append(rows[np.concatenate(read)[there : there + count]])
        order = np.concatenate(parts)
        return np.random.default_rng([self.seed, len(self.sizes), number]).permutation(order) if shuffle else order

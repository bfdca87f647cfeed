"""What a recipe says of an epoch: how pairs are batched, corpora mixed. Who answers reads it too, and makes none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Fraction, Positive, Scale

__all__ = ["BatchSettings", "MixtureSettings"]


@dataclass(frozen=True, kw_only=True)
class BatchSettings:
    """The batches."""

    tokens: Positive = 4096
    """Most positions of a batch on its longer side, padding and ends included: rows × the longest row."""
    shuffle: bool = True
    """Other batches in another order each epoch; otherwise the same ones, from short to long."""


@dataclass(frozen=True, kw_only=True)
class MixtureSettings:
    """The mixture."""

    temperature: Scale = 1.0
    """Each corpus is read in proportion to its size^(1/temperature): 1 as it is, 5 favours the small (Arivazhagan et
    al. 2019)."""
    weights: tuple[Scale, ...] = ()
    """A weight for each corpus, in the order of the files, in place of its size."""
    balance: Fraction = 0.0
    """Of pairs of one corpus, which have n times the same target, as many are read as n^(1 - balance) says: 0 as it is,
    1 as many of each target. For targets that are labels."""

    def shares(self, sizes: Sequence[int]) -> list[float]:
        """What share of an epoch each corpus is."""
        if self.weights and len(self.weights) != len(sizes):
            raise RecipeError(
                f"`data.mixture.weights` must have one weight for each of {len(sizes)} corpora, "
                f"but has {len(self.weights)}. Name one for each file of `data.train`."
            )
        raised = [float(size) ** (1 / self.temperature) for size in self.weights or sizes]
        return [each / sum(raised) for each in raised]

"""Test pairs by how long their sources are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["Bin", "bins_of"]

_MOST = 6
_FEWEST = 20
"""Pairs of which a score still says something."""


@dataclass(frozen=True, kw_only=True)
class Bin:
    """The pairs whose sources are about as long."""

    shortest: int
    longest: int
    """Tokens, both within."""
    places: Sequence[int]
    """Which of the pairs they are."""
    mean: float
    """Tokens."""

    def __str__(self) -> str:
        return f"{self.shortest}" if self.shortest == self.longest else f"{self.shortest}–{self.longest}"


def bins_of(lengths: Sequence[int], *, most: int = _MOST, fewest: int = _FEWEST) -> list[Bin]:
    """About as many pairs in each; fewer bins where there are few pairs, or few lengths: a score of few is noise."""
    lengths_N = np.asarray(lengths)
    number = max(1, min(most, len(lengths) // fewest))
    shares = [place / number for place in range(1, number)]
    edges = {int(each) for each in np.quantile(lengths_N, shares, method="lower")} if shares else set()
    inner = sorted(edge for edge in edges if lengths_N.min() <= edge < lengths_N.max())
    found = []
    for low, high in pairwise([int(lengths_N.min()) - 1, *inner, int(lengths_N.max())]):
        places = np.flatnonzero((lengths_N > low) & (lengths_N <= high))
        found.append((places, lengths_N[places]))
    return [
        Bin(
            shortest=int(here.min()),
            longest=int(here.max()),
            places=[int(place) for place in places],
            mean=float(here.mean()),
        )
        for places, here in found
        if len(places)
    ]

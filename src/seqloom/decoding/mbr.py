"""Minimum Bayes risk: the answer that is most like all that might have been meant. No torch here."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from seqloom.core.errors import DecodingError

__all__ = ["by_probability", "expected_utility", "utilities"]

T = TypeVar("T", bound=Hashable)


def expected_utility(utility_CR: Sequence[Sequence[float]], *, weights: Sequence[float] | None = None) -> list[float]:
    """Eikema & Aziz 2022, equation 5: of each candidate, the mean utility over the pseudo-references.

    ``utility_CR``: a row a candidate, a column a reference. ``weights``: of the references; None: all alike, which is
    right for draws, where what is likely comes often.
    """
    numbers = {len(row) for row in utility_CR}
    if len(numbers) != 1 or 0 in numbers:
        raise DecodingError(
            "candidates must be compared with the same references, at least one, but are with "
            f"{sorted(numbers)} of them. Draw some."
        )
    [number] = numbers
    shares = [1.0] * number if weights is None else list(weights)
    whole = math.fsum(shares)
    if len(shares) != number or not all(0 <= share < math.inf for share in shares) or whole == 0:
        raise DecodingError(
            f"`weights` must be {number} numbers of at least 0, not all 0, but are {shares}. Leave them out to weigh "
            "all alike."
        )
    return [math.fsum(share * each for share, each in zip(shares, row, strict=True)) / whole for row in utility_CR]


def utilities(candidates: Sequence[T], references: Sequence[T], utility: Callable[[T, T], float]) -> list[list[float]]:
    """The table of any utility of (candidate, reference). Equal pairs, of which draws have many, are compared once."""
    known: dict[tuple[T, T], float] = {}
    table = []
    for candidate in candidates:
        row = []
        for reference in references:
            pair = (candidate, reference)
            if pair not in known:
                known[pair] = utility(candidate, reference)
            row.append(known[pair])
        table.append(row)
    return table


def by_probability(logps: Sequence[float]) -> list[float]:
    """Weights for references that are all different, such as the n best: their probabilities, made to add up to 1."""
    highest = max(logps)
    shares = [math.exp(logp - highest) for logp in logps]
    whole = math.fsum(shares)
    return [share / whole for share in shares]

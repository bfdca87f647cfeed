"""How far a score could have moved with other sentences of the same kind. All resamples are summed by products.

A corpus score is a formula of sums over the sentences. Rows of statistics (N sentences, K columns) are drawn with
replacement S times; the formula takes sums (…, K) and gives values (…).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Floats",
    "Formula",
    "blocks",
    "difference_interval",
    "ends",
    "interval",
    "randomisation",
    "resampled",
]

Floats = NDArray[np.float64]
Formula = Callable[[Floats], Floats]

_CELLS = 2**22
"""How many numbers a block of resamples may hold, so that a large test set needs little memory."""


def interval(rows_NK: Floats, formula: Formula, *, samples: int, seed: int) -> tuple[float, float]:
    """The ends of the score's 95 % interval (Efron & Tibshirani 1993, section 13.3).

    The draws and the rank of the ends are those of sacreBLEU, so with its seed this is its interval.
    """
    return ends(formula(resampled(rows_NK, samples=samples, seed=seed)))


def difference_interval(
    first_NK: Floats, second_NK: Floats, formula: Formula, *, samples: int, seed: int
) -> tuple[float, float]:
    """The ends of the 95 % interval of second less first, both on the same drawn sentences (Koehn 2004)."""
    first_S = formula(resampled(first_NK, samples=samples, seed=seed))
    second_S = formula(resampled(second_NK, samples=samples, seed=seed))
    return ends(second_S - first_S)


def randomisation(first_NK: Floats, second_NK: Floats, formula: Formula, *, samples: int, seed: int) -> float:
    """How often the difference is as great when each sentence's two answers change sides by chance.

    Two-sided approximate randomisation, Riezler & Maxwell 2005, figure 1.
    """
    first_K, second_K = first_NK.sum(0), second_NK.sum(0)
    found = abs(formula(second_K) - formula(first_K))
    generator = np.random.default_rng(seed)
    as_great = 0
    for size in blocks(samples, len(first_NK)):
        swapped_BN = generator.integers(2, size=(size, len(first_NK))).astype(np.float64)
        moved_BK = swapped_BN @ (second_NK - first_NK)
        differences_B = formula(second_K - moved_BK) - formula(first_K + moved_BK)
        # The same sums in another order differ in the last bits.
        as_great += int((abs(differences_B) >= found - 1e-9).sum())
    return (as_great + 1) / (samples + 1)


def resampled(rows_NK: Floats, *, samples: int, seed: int) -> Floats:
    """The sums of each resample, (S, K)."""
    number = len(rows_NK)
    generator = np.random.default_rng(seed)
    sums = []
    for size in blocks(samples, number):
        drawn_BN = generator.integers(number, size=(size, number))
        times_BN = np.stack([np.bincount(drawn_N, minlength=number) for drawn_N in drawn_BN])
        sums.append(times_BN.astype(np.float64) @ rows_NK)
    return np.concatenate(sums)


def blocks(samples: int, number: int) -> Iterator[int]:
    """The resamples of so many cells each, in parts that are small enough to be held."""
    most = max(1, _CELLS // number)
    for start in range(0, samples, most):
        yield min(most, samples - start)


def ends(values_S: Floats) -> tuple[float, float]:
    """The values that a fortieth of all lie below and above."""
    ordered_S = np.sort(values_S)
    outside = len(ordered_S) // 40
    return float(ordered_S[outside]), float(ordered_S[len(ordered_S) - 1 - outside])

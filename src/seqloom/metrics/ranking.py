"""Ranked lists against the items that were wanted: hits, reciprocal rank, discounted gain. All in percent."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

import numpy as np

import seqloom
from seqloom.core.errors import DataError, RecipeError
from seqloom.core.wording import must_be
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.counts import Counts, check_samples, percent
from seqloom.metrics.score import Score

__all__ = ["measure_ranking"]


def measure_ranking(
    lists: Sequence[Sequence[Hashable]],
    relevant: Sequence[Collection[Hashable]],
    *,
    k: Sequence[int] = (10,),
    samples: int = 1000,
    seed: int = 12345,
) -> list[Score]:
    """HR@k (rows with a hit) and NDCG@k (Järvelin & Kekäläinen 2002, each gain 1) of each k, then MRR of whole lists.

    A list is the best item first; what is not in it was not found.
    """
    check_samples(samples)
    if not k or min(k) < 1:
        raise RecipeError(must_be("k", "a list of numbers, each at least 1", list(k)))
    _check(lists, relevant)
    longest = max(max(k), *map(len, lists))
    hits_NR = np.zeros((len(lists), longest))
    for row, (items, wanted) in enumerate(zip(lists, relevant, strict=True)):
        hits_NR[row, : len(items)] = [item in wanted for item in items]
    numbers_N = np.array([len(set(wanted)) for wanted in relevant])
    values: dict[str, Floats] = {}
    for size in k:
        values[f"HR@{size}"] = hits_NR[:, :size].max(1)
        values[f"NDCG@{size}"] = _gain(hits_NR[:, :size], numbers_N)
    first_N = hits_NR.argmax(1)
    values["MRR"] = np.where(hits_NR.any(1), 1 / (first_N + 1), 0)
    return [
        Counts(
            name=name,
            rows_NK=np.stack([values_N, np.ones(len(lists))], axis=1),
            formula=percent,
            signature=f"gain:binary|version:seqloom {seqloom.__version__}",
        ).score(samples=samples, seed=seed)
        for name, values_N in values.items()
    ]


def _gain(hits_NR: Floats, numbers_N: Floats) -> Floats:
    """The discounted gain, by that of a list with all that is wanted at its top."""
    discounts_R = 1 / np.log2(np.arange(2, hits_NR.shape[1] + 2))
    best_N = np.cumsum(discounts_R)[np.minimum(numbers_N, hits_NR.shape[1]) - 1]
    return (hits_NR * discounts_R).sum(1) / best_N


def _check(lists: Sequence[Sequence[Hashable]], relevant: Sequence[Collection[Hashable]]) -> None:
    if len(lists) != len(relevant):
        raise DataError(
            f"each list needs what is relevant, but there are {len(lists)} lists and {len(relevant)} such sets. "
            "Pair them."
        )
    if not lists:
        raise DataError("there must be at least one list to measure, but there is none. Add rows.")
    for row, (items, wanted) in enumerate(zip(lists, relevant, strict=True), start=1):
        if not wanted:
            raise DataError(f"row {row}: there must be at least one relevant item, but there is none. Drop the row.")
        if len(set(items)) < len(items):
            raise DataError(f"row {row}: an item must be listed once, but one is listed again. Keep the first.")

"""Perplexity, from what a model says of the references."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

import seqloom
from seqloom.core.errors import DataError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.counts import Counts, check_samples
from seqloom.metrics.score import Score

__all__ = ["perplexity"]


def perplexity(
    logps: Sequence[float],
    tokens: Sequence[int],
    *,
    unit: str = "token",
    samples: int = 1000,
    seed: int = 12345,
) -> Score:
    """How many equally likely choices the model has at a token: exp(−Σ logp / Σ tokens), natural logarithms.

    ``logps`` and ``tokens`` have an entry a sentence. ``unit`` is what is counted: perplexities of different units
    cannot be compared, so the signature says it.
    """
    check_samples(samples)
    if len(logps) != len(tokens):
        raise DataError(f"logps and tokens must be as many, but are {len(logps)} and {len(tokens)}. Pair them.")
    if not len(logps):
        raise DataError("there must be at least one sentence to measure, but there is none. Add rows.")
    for row, (logp, number) in enumerate(zip(logps, tokens, strict=True), start=1):
        if not (math.isfinite(logp) and logp <= 0):
            raise DataError(
                f"row {row}: the log-probability must be finite and at most 0, but is {logp}. Perplexity has no "
                "value where a sentence is impossible: smooth the model, or drop the row."
            )
        if number < 1:
            raise DataError(f"row {row}: there must be at least one token, but are {number}. Count the end as one.")
    rows_NK = np.stack([np.asarray(logps, dtype=np.float64), np.asarray(tokens, dtype=np.float64)], axis=1)
    logp, total = rows_NK.sum(0)
    counts = Counts(
        name="perplexity",
        rows_NK=rows_NK,
        formula=_perplexity,
        signature=f"unit:{unit}|version:seqloom {seqloom.__version__}",
        higher_is_better=False,
        details={"tokens": int(total), "bits": float(-logp / total / math.log(2))},
    )
    return counts.score(samples=samples, seed=seed)


def _perplexity(sums_NK: Floats) -> Floats:
    return np.exp(-sums_NK[..., 0] / sums_NK[..., 1])

"""How much answers differ from each other, and whether they go round in circles. No reference is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

import seqloom
from seqloom.core.errors import DataError
from seqloom.metrics.bootstrap import ends
from seqloom.metrics.corpus import name_of
from seqloom.metrics.counts import Counts, check_samples, percent
from seqloom.metrics.score import Score
from seqloom.metrics.words import plain, tokens

__all__ = ["distinct", "grams_of", "repeating"]

Tokenize = Callable[[str], Sequence[str]]
Gram = tuple[str, ...]


def distinct(
    answers: Sequence[str], *, n: int, samples: int = 1000, seed: int = 12345, tokenize: Tokenize = tokens
) -> Score:
    """Distinct-n (Li et al. 2016): of all n-grams of all answers, how many are different ones, in percent.

    More answers have fewer new n-grams each, so only test sets of one size can be compared. A bootstrap's draw has some
    answers twice, and is less various than any test set: its spread is taken, not its place.
    """
    check_samples(samples)
    if not answers:
        raise DataError("there must be at least one answer to measure, but there is none. Add rows.")
    found: dict[Gram, int] = {}
    rows, kinds = [], []
    for row, answer in enumerate(answers):
        for gram in grams_of(answer, n, tokenize):
            rows.append(row)
            kinds.append(found.setdefault(gram, len(found)))
    value = 100 * len(found) / max(1, len(kinds))
    low: float | None = None
    high: float | None = None
    how = f"answers:{len(answers)}|case:mixed|tok:{name_of(tokenize)}|version:seqloom {seqloom.__version__}"
    if samples and len(answers) > 1:
        values_S = _drawn(np.array(rows, int), np.array(kinds, int), len(answers), samples=samples, seed=seed)
        least, most = ends(values_S)
        middle = float(values_S.mean())
        low, high = max(0.0, value + least - middle), min(100.0, value + most - middle)
        how = f"bs:{samples}|seed:{seed}|centred|{how}"
    return Score(
        name=f"distinct-{n}",
        value=value,
        low=low,
        high=high,
        signature=how,
        higher_is_better=True,
        details={"different": len(found), "all": len(kinds)},
    )


def repeating(answers: Sequence[str], *, n: int = 3, tokenize: Tokenize = tokens) -> Counts:
    """The share of answers that say some n tokens in a row twice."""
    rows = []
    for answer in answers:
        grams = grams_of(answer, n, tokenize)
        rows.append([len(set(grams)) < len(grams), 1])
    return Counts(
        name="repeats itself",
        rows_NK=np.array(rows, dtype=np.float64),
        formula=percent,
        signature=f"n:{n}|case:mixed|tok:{name_of(tokenize)}|version:seqloom {seqloom.__version__}",
        higher_is_better=False,
    )


def grams_of(text: str, n: int, tokenize: Tokenize = tokens) -> list[Gram]:
    """All that stands in n neighbouring places."""
    found = tokenize(plain(text))
    return [tuple(found[start : start + n]) for start in range(len(found) - n + 1)]


def _drawn(
    rows_G: NDArray[np.int_], kinds_G: NDArray[np.int_], number: int, *, samples: int, seed: int
) -> NDArray[np.float64]:
    """The value of each resample: of an answer that is drawn twice nothing is new the second time."""
    generator = np.random.default_rng(seed)
    lengths_N = np.bincount(rows_G, minlength=number)
    seen_K = np.zeros(1 + int(kinds_G.max(initial=0)), bool)
    values_S = np.zeros(samples)
    for sample in range(samples):
        times_N = np.bincount(generator.integers(number, size=number), minlength=number)
        seen_K[:] = False
        seen_K[kinds_G[times_N[rows_G] > 0]] = True
        values_S[sample] = 100 * seen_K.sum() / max(1, int(times_N @ lengths_N))
    return values_S

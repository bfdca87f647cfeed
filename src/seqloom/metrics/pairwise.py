"""How like texts are, each with each: the tables that minimum-Bayes-risk decoding averages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["UTILITIES", "chrf_table", "exact_match_table"]

_ORDERS = 6
_BETA_SQUARED = 4

Table = NDArray[np.float64]
"""A row an answer, a column a reference, in percent."""


def chrf_table(answers: Sequence[str], references: Sequence[str]) -> Table:
    """Popović 2015, as the score of each answer against each reference alone.

    The k-th occurrence of an n-gram is a feature of its own, 0 or 1, so that the matches of all pairs, sums of minima,
    are one product of matrices.
    """
    texts = list(dict.fromkeys([*answers, *references]))
    place = {text: number for number, text in enumerate(texts)}
    answer_C = [place[text] for text in answers]
    reference_R = [place[text] for text in references]
    orders = [_matches(texts, order) for order in range(1, _ORDERS + 1)]
    match_OCR = np.stack([matches[np.ix_(answer_C, reference_R)] for matches, _ in orders])
    answer_OC1 = np.stack([counts[answer_C] for _, counts in orders])[:, :, None]
    reference_O1R = np.stack([counts[reference_R] for _, counts in orders])[:, None, :]
    both_OCR = (answer_OC1 > 0) & (reference_O1R > 0)
    orders_CR = np.maximum(both_OCR.sum(0), 1)
    precision_CR = np.where(both_OCR, match_OCR / np.maximum(answer_OC1, 1), 0).sum(0) / orders_CR
    recall_CR = np.where(both_OCR, match_OCR / np.maximum(reference_O1R, 1), 0).sum(0) / orders_CR
    weighted_CR = _BETA_SQUARED * precision_CR + recall_CR
    score_CR: Table = np.divide(
        100 * (1 + _BETA_SQUARED) * precision_CR * recall_CR,
        weighted_CR,
        out=np.zeros_like(weighted_CR),
        where=weighted_CR > 0,
    )
    return score_CR


def exact_match_table(answers: Sequence[str], references: Sequence[str]) -> Table:
    """100 where two are the same: the mean over draws is how often each was drawn."""
    return np.array([[100.0 * (answer == reference) for reference in references] for answer in answers])


UTILITIES: Mapping[str, Callable[[Sequence[str], Sequence[str]], Table]] = {
    "chrf": chrf_table,
    "exact_match": exact_match_table,
}


def _matches(texts: Sequence[str], order: int) -> tuple[Table, Table]:
    """The n-grams that each two texts share, and how many each one has. Spaces do not count."""
    features: dict[tuple[str, int], int] = {}
    rows, columns = [], []
    for row, text in enumerate(texts):
        letters = "".join(text.split())
        seen: Counter[str] = Counter()
        for start in range(len(letters) - order + 1):
            gram = letters[start : start + order]
            rows.append(row)
            columns.append(features.setdefault((gram, seen[gram]), len(features)))
            seen[gram] += 1
    has_TF = np.zeros((len(texts), len(features)), dtype=np.float32)  # whole numbers up to 2²⁴ are exact
    has_TF[rows, columns] = 1
    return (has_TF @ has_TF.T).astype(np.float64), has_TF.sum(1).astype(np.float64)

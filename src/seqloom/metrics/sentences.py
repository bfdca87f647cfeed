"""The score of each answer by itself, where a number for every one is needed and not one for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts
from seqloom.metrics.matches import exact_match, token_accuracy
from seqloom.metrics.summaries import rouge
from seqloom.metrics.translation import bleu_alone, chrf

__all__ = ["SentenceMetric", "sentence_scores"]

SentenceMetric = Literal["bleu", "chrf", "rougeL", "exact_match", "token_accuracy"]

_COUNTERS: Mapping[SentenceMetric, Callable[[Corpus], Counts]] = {
    "bleu": bleu_alone,
    "chrf": chrf,
    "rougeL": partial(rouge, kind="L"),
    "exact_match": exact_match,
    "token_accuracy": token_accuracy,
}


def sentence_scores(name: SentenceMetric, answers: Sequence[str], references: Sequence[str]) -> list[float]:
    """The metric of each answer against its one reference, in percent, as if there were no others.

    BLEU is smoothed, and made of the orders that an answer is long enough for: where both share a word it is above 0.
    """
    counts = _COUNTERS[name](Corpus(answers=answers, references=[[reference] for reference in references]))
    found: list[float] = counts.formula(counts.rows_NK).tolist()
    return found

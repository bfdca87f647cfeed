"""Scores of answers that are texts: one name, one score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import get_args

import numpy as np

from seqloom.core.errors import RecipeError
from seqloom.core.wording import must_be, one_of
from seqloom.metrics.bootstrap import Floats, difference_interval, randomisation
from seqloom.metrics.classes import accuracy, f1
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts, check_samples
from seqloom.metrics.edits import cer, per, wer
from seqloom.metrics.matches import exact_match, token_accuracy, word_error
from seqloom.metrics.names import SERIES_METRICS, MetricName
from seqloom.metrics.questions import qa_exact, qa_f1
from seqloom.metrics.records import field_f1
from seqloom.metrics.score import Comparison, Score
from seqloom.metrics.series import mae, mase, mse
from seqloom.metrics.summaries import rouge
from seqloom.metrics.tags import span_f1
from seqloom.metrics.translation import bleu, chrf, ter

__all__ = ["check_metrics", "compare", "count", "measure", "qualities"]

_COUNTERS: Mapping[MetricName, Callable[[Corpus], Counts]] = {
    "bleu": bleu,
    "chrf": chrf,
    "ter": ter,
    "rouge1": partial(rouge, kind="1"),
    "rouge2": partial(rouge, kind="2"),
    "rougeL": partial(rouge, kind="L"),
    "rougeLsum": partial(rouge, kind="Lsum"),
    "exact_match": exact_match,
    "word_error": word_error,
    "token_accuracy": token_accuracy,
    "wer": wer,
    "cer": cer,
    "per": per,
    "accuracy": accuracy,
    "f1": f1,
    "span_f1": span_f1,
    "qa_exact": qa_exact,
    "qa_f1": qa_f1,
    "field_f1": field_f1,
    "mse": mse,
    "mae": mae,
    "mase": mase,
}

_ALONE: Mapping[MetricName, MetricName] = {
    "bleu": "chrf",  # of one answer it is 0 without four words in a row
    "span_f1": "exact_match",  # an answer without spans has none
    "f1": "accuracy",
    "word_error": "exact_match",
}
"""What stands in for a metric where there is one answer alone."""


def measure(
    names: Sequence[MetricName],
    answers: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    samples: int = 1000,
    seed: int = 12345,
    tokenize: Callable[[str], Sequence[str]] | None = None,
    bleu_tokenizer: str | None = None,
    sources: Sequence[str] | None = None,
) -> list[Score]:
    """The scores of the answers, one for each name and in that order.

    Each answer has one or more references, of which the best counts; labels and tags have just one. ``samples`` 0
    leaves the interval out. ``tokenize`` is for the metrics that count tokens (rouge, wer, token_accuracy): by
    default they count words where a writing has spaces and characters where it has none; its name goes into the
    signature. ``bleu_tokenizer`` is one of sacreBLEU's; by default the references' writing chooses: 13a, for Chinese
    zh, for other writings without spaces and for Korean char. ``sources`` are what mase takes its unit from.
    """
    check_samples(samples)
    counted = count(names, answers, references, tokenize=tokenize, bleu_tokenizer=bleu_tokenizer, sources=sources)
    return [each.score(samples=samples, seed=seed) for each in counted]


def count(
    names: Sequence[MetricName],
    answers: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    tokenize: Callable[[str], Sequence[str]] | None = None,
    bleu_tokenizer: str | None = None,
    sources: Sequence[str] | None = None,
) -> list[Counts]:
    """What ``measure`` makes scores of: the numbers of each sentence, from which any part of them can be scored."""
    counters = _counters(names)
    corpus = Corpus(
        answers=answers, references=references, tokenize=tokenize, bleu_tokenizer=bleu_tokenizer, sources=sources
    )
    return [counter(corpus) for counter in counters]


def compare(
    names: Sequence[MetricName],
    first: Sequence[str],
    second: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    samples: int = 1000,
    seed: int = 12345,
    tokenize: Callable[[str], Sequence[str]] | None = None,
    bleu_tokenizer: str | None = None,
    sources: Sequence[str] | None = None,
) -> list[Comparison]:
    """Two systems' answers to the same sources: by how much the second is better, and whether that is chance."""
    check_samples(samples, required=True)
    both = [
        count(names, answers, references, tokenize=tokenize, bleu_tokenizer=bleu_tokenizer, sources=sources)
        for answers in (first, second)
    ]
    return [_compared(*pair, samples=samples, seed=seed) for pair in zip(*both, strict=True)]


def qualities(
    name: MetricName, answers: Sequence[str], references: Sequence[Sequence[str]], *, bleu_tokenizer: str | None = None
) -> tuple[str, Floats] | None:
    """How good each answer is by itself, from 0 to 1, and by what: the metric as if there were no other answer.

    For exact_match, word_error, accuracy, f1 and span_f1 that is right or wrong (every tag must be right); an error
    rate is taken from 1, and above 1 leaves 0; for bleu it is chrF. None for distances, which are shares of nothing.
    """
    if name in SERIES_METRICS:
        return None
    [counter] = _counters([_ALONE.get(name, name)])
    counts = counter(Corpus(answers=answers, references=references, bleu_tokenizer=bleu_tokenizer))
    shares_N = np.clip(counts.formula(counts.rows_NK) / 100, 0.0, 1.0)
    return (counts.name, shares_N) if counts.higher_is_better else (f"1 - {counts.name}", 1 - shares_N)


def check_metrics(names: Sequence[str]) -> None:
    """Refuses names that are none of a metric."""
    known = get_args(MetricName)
    mistakes = [must_be("metric", one_of(known), name, names=known) for name in names if name not in known]
    if mistakes:
        raise RecipeError(*mistakes)


def _counters(names: Sequence[MetricName]) -> list[Callable[[Corpus], Counts]]:
    check_metrics(names)
    return [_COUNTERS[name] for name in names]


def _compared(first: Counts, second: Counts, *, samples: int, seed: int) -> Comparison:
    rows = first.rows_NK, second.rows_NK
    low, high = difference_interval(*rows, first.formula, samples=samples, seed=seed)
    return Comparison(
        first=first.score(samples=samples, seed=seed),
        second=second.score(samples=samples, seed=seed),
        difference=second.value - first.value,
        low=low,
        high=high,
        p=randomisation(*rows, first.formula, samples=samples, seed=seed),
    )

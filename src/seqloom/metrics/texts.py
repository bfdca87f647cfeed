"""Scores of answers that are texts: one name, one score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, get_args

from seqloom.core.errors import RecipeError
from seqloom.core.wording import must_be, one_of
from seqloom.metrics.bootstrap import difference_interval, randomisation
from seqloom.metrics.classes import accuracy, f1
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts, check_samples
from seqloom.metrics.edits import cer, per, wer
from seqloom.metrics.matches import exact_match, token_accuracy, word_error
from seqloom.metrics.score import Comparison, Score
from seqloom.metrics.summaries import rouge
from seqloom.metrics.tags import span_f1
from seqloom.metrics.translation import bleu, chrf, ter

__all__ = ["MetricName", "compare", "measure"]

MetricName = Literal[
    "bleu",
    "chrf",
    "ter",
    "rouge1",
    "rouge2",
    "rougeL",
    "rougeLsum",
    "exact_match",
    "word_error",
    "token_accuracy",
    "wer",
    "cer",
    "per",
    "accuracy",
    "f1",
    "span_f1",
]

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
}


def measure(
    names: Sequence[MetricName],
    answers: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    samples: int = 1000,
    seed: int = 12345,
    tokenize: Callable[[str], Sequence[str]] | None = None,
    bleu_tokenizer: str | None = None,
) -> list[Score]:
    """The scores of the answers, one for each name and in that order.

    Each answer has one or more references, of which the best counts; labels and tags have just one. ``samples`` 0
    leaves the interval out. ``tokenize`` is for the metrics that count tokens (rouge, wer, token_accuracy): by
    default they count words where a writing has spaces and characters where it has none; its name goes into the
    signature. ``bleu_tokenizer`` is one of sacreBLEU's; by default the references' writing chooses: 13a, for Chinese
    zh, for other writings without spaces and for Korean char.
    """
    counters = _counters(names)
    check_samples(samples)
    corpus = Corpus(answers=answers, references=references, tokenize=tokenize, bleu_tokenizer=bleu_tokenizer)
    return [counter(corpus).score(samples=samples, seed=seed) for counter in counters]


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
) -> list[Comparison]:
    """Two systems' answers to the same sources: by how much the second is better, and whether that is chance."""
    counters = _counters(names)
    check_samples(samples, required=True)
    both = [
        Corpus(answers=answers, references=references, tokenize=tokenize, bleu_tokenizer=bleu_tokenizer)
        for answers in (first, second)
    ]
    return [_compared(*map(counter, both), samples=samples, seed=seed) for counter in counters]


def _counters(names: Sequence[MetricName]) -> list[Callable[[Corpus], Counts]]:
    known = get_args(MetricName)
    mistakes = [must_be("metric", one_of(known), name, names=known) for name in names if name not in known]
    if mistakes:
        raise RecipeError(*mistakes)
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

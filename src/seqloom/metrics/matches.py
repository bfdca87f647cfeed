"""How many answers, or tokens of them, are just what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import seqloom
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts, percent
from seqloom.metrics.words import plain

__all__ = ["exact_match", "token_accuracy", "word_error"]


def exact_match(corpus: Corpus) -> Counts:
    """The share of answers that are one of their references."""
    return Counts(name="exact match", rows_NK=_matched(corpus), formula=percent, signature=_signature(corpus))


def word_error(corpus: Corpus) -> Counts:
    """The share of answers that are none of their references: what pronunciation calls its word error rate."""
    return Counts(
        name="word error",
        rows_NK=np.abs(_matched(corpus) - [1, 0]),
        formula=percent,
        signature=_signature(corpus),
        higher_is_better=False,
    )


def token_accuracy(corpus: Corpus) -> Counts:
    """The share of places where answer and reference have the same token; the longer of both has the places."""
    rows = []
    for answer, texts in zip(corpus.answers, corpus.references, strict=True):
        found = corpus.split(answer)
        rows.append(max((_same_places(found, corpus.split(text)) for text in texts), key=lambda row: row[0] / row[1]))
    return Counts(
        name="token accuracy",
        rows_NK=np.array(rows, dtype=np.float64),
        formula=percent,
        signature=_signature(corpus, f"|tok:{corpus.split_name}|places:longer{corpus.several}"),
    )


def _matched(corpus: Corpus) -> Floats:
    """1 or 0, and 1, a row."""
    rows = [
        [plain(answer) in {plain(text) for text in texts}, 1]
        for answer, texts in zip(corpus.answers, corpus.references, strict=True)
    ]
    return np.array(rows, dtype=np.float64)


def _same_places(answer: Sequence[str], reference: Sequence[str]) -> tuple[int, int]:
    """Two empty texts have one place, which is the same: the end."""
    if not answer and not reference:
        return 1, 1
    same = sum(ours == theirs for ours, theirs in zip(answer, reference, strict=False))
    return same, max(len(answer), len(reference))


def _signature(corpus: Corpus, how: str = "") -> str:
    return f"nrefs:{corpus.nrefs}|case:mixed|norm:nfc{how}|version:seqloom {seqloom.__version__}"

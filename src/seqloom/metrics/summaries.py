"""ROUGE (Lin 2004): the mean F of shared n-grams, or of the longest common subsequence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

import numpy as np

from seqloom.core.errors import MissingExtraError
from seqloom.metrics.corpus import Corpus, name_of
from seqloom.metrics.counts import Counts, percent
from seqloom.metrics.words import plain, words

__all__ = ["rouge"]


def rouge(corpus: Corpus, *, kind: str) -> Counts:
    """``kind`` is 1, 2, L, or Lsum, which takes lines for sentences. Of several references the best counts."""
    from importlib.metadata import version  # with it come sockets and e-mail, which few commands need

    try:
        scorer_module = import_module("rouge_score.rouge_scorer")
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"rouge{kind}", extra="rouge") from error
    tokenize = corpus.tokenize or words
    key = f"rouge{kind}"
    scorer = scorer_module.RougeScorer([key], tokenizer=_Tokenizer(tokenize))
    rows = [
        [scorer.score_multi(texts, answer)[key].fmeasure, 1.0]
        for answer, texts in zip(corpus.answers, corpus.references, strict=True)
    ]
    return Counts(
        name=f"ROUGE-{kind}",
        rows_NK=np.array(rows),
        formula=percent,
        signature=f"nrefs:{corpus.nrefs}|type:F|stem:no|tok:{name_of(tokenize)}"
        f"{corpus.several}|version:rouge-score {version('rouge-score')}",
    )


class _Tokenizer:
    """A tokenizer as rouge-score wants it."""

    def __init__(self, split: Callable[[str], Sequence[str]]) -> None:
        self._split = split

    def tokenize(self, text: str) -> list[str]:
        return list(self._split(plain(text)))

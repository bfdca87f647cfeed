"""Answers to questions, compared as SQuAD does (Rajpurkar et al. 2016): by their words, not by how they are written."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter

import numpy as np

import seqloom
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts, percent
from seqloom.metrics.words import plain, tokens

__all__ = ["answer_words", "qa_exact", "qa_f1"]

_ARTICLES = re.compile(r"\b(a|an|the)\b")


def answer_words(text: str) -> list[str]:
    """Small letters without punctuation and articles; Chinese by characters. What only says that there is no answer,
    such as a dash, has none."""
    kept = "".join(char for char in plain(text).lower() if not _is_mark(char))
    return tokens(_ARTICLES.sub(" ", kept))


def qa_exact(corpus: Corpus) -> Counts:
    """The share of answers with the words of one of their references, in order."""
    rows = [
        [answer_words(answer) in [answer_words(text) for text in texts], 1]
        for answer, texts in zip(corpus.answers, corpus.references, strict=True)
    ]
    return Counts(
        name="QA exact", rows_NK=np.array(rows, dtype=np.float64), formula=percent, signature=_signature(corpus)
    )


def qa_f1(corpus: Corpus) -> Counts:
    """The mean over answers of F1 of the words that answer and reference share; the nearest reference counts."""
    rows = [
        [max(_shared(answer_words(answer), answer_words(text)) for text in texts), 1]
        for answer, texts in zip(corpus.answers, corpus.references, strict=True)
    ]
    return Counts(
        name="QA F1",
        rows_NK=np.array(rows, dtype=np.float64),
        formula=percent,
        signature=_signature(corpus, f"|average:macro{corpus.several}"),
    )


def _shared(answer: list[str], reference: list[str]) -> float:
    """F1 of two bags of words; where one is empty, both must be."""
    if not answer or not reference:
        return float(answer == reference)
    return 2 * (Counter(answer) & Counter(reference)).total() / (len(answer) + len(reference))


def _is_mark(char: str) -> bool:
    return char in string.punctuation or unicodedata.category(char).startswith("P")


def _signature(corpus: Corpus, how: str = "") -> str:
    return f"nrefs:{corpus.nrefs}|case:lc|norm:squad|tok:words{how}|version:seqloom {seqloom.__version__}"

"""F1 of the spans that BIO tags mark (Tjong Kim Sang & De Meulder 2003)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

import seqloom
from seqloom.core.errors import DataError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.classes import f1_table
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts

__all__ = ["span_f1", "spans"]

Span = tuple[str, int, int]


def spans(tags: Sequence[str]) -> list[Span]:
    """Type, first and last place of each span. An I- that continues nothing of its type begins a span of its own.

    That is how CoNLL's evaluation reads broken tags. What is no tag is read as O.
    """
    found: list[Span] = []
    inside: str | None = None
    for place, tag in enumerate(tags):
        mark, _, kind = tag.partition("-")
        if mark not in ("B", "I") or not kind:
            inside = None
        elif mark == "I" and kind == inside:
            found[-1] = (kind, found[-1][1], place)
        else:
            found.append((kind, place, place))
            inside = kind
    return found


def span_f1(corpus: Corpus) -> Counts:
    """Micro F1 of whole spans with their types; of tags between spaces, one reference a row."""
    rows = []
    kinds: dict[str, Counter[str]] = {"right": Counter(), "answered": Counter(), "wanted": Counter()}
    of_other_length = 0
    references = corpus.only_references("span_f1")
    for row, (answer, reference) in enumerate(zip(corpus.answers, references, strict=True), start=1):
        answered_tags, wanted_tags = answer.split(), reference.split()
        _check(wanted_tags, row)
        of_other_length += len(answered_tags) != len(wanted_tags)
        answered, wanted = set(spans(answered_tags)), set(spans(wanted_tags))
        sets = {"right": answered & wanted, "answered": answered, "wanted": wanted}
        for what, found in sets.items():
            kinds[what].update(kind for kind, _, _ in found)
        rows.append([len(found) for found in sets.values()])
    rows_NK = np.array(rows, dtype=np.float64)
    names = sorted(kinds["answered"] | kinds["wanted"])
    counts_C3 = np.array([[kinds[what][name] for what in kinds] for name in names]).reshape(-1, 3)
    return Counts(
        name="span F1",
        rows_NK=rows_NK,
        formula=_f1,
        signature=f"nrefs:1|tags:BIO|broken:begins|average:micro|version:seqloom {seqloom.__version__}",
        details={**f1_table(names, counts_C3), "answers_of_other_length": of_other_length},
    )


def _check(tags: Sequence[str], row: int) -> None:
    for tag in tags:
        mark, _, kind = tag.partition("-")
        if not (tag == "O" or (mark in ("B", "I") and kind)):
            raise DataError(
                f"row {row}: for `span_f1` a tag must be O, B-TYPE or I-TYPE, but is `{tag}`. Rewrite the tags as BIO, "
                'or take `evaluation.metrics = ["token_accuracy"]`.'
            )


def _f1(sums_NK: Floats) -> Floats:
    right, either = sums_NK[..., 0], sums_NK[..., 1] + sums_NK[..., 2]
    return 200 * np.divide(right, either, out=np.zeros_like(right), where=either > 0)

"""Sets of labels, where a text has several: F1 over all labels, and the mean of each label's."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

import seqloom
from seqloom.core.errors import DataError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.classes import f1_table, macro_f1
from seqloom.metrics.counts import Counts, check_samples
from seqloom.metrics.score import Score

__all__ = ["measure_label_sets"]


def measure_label_sets(
    answers: Sequence[Collection[str]],
    references: Sequence[Collection[str]],
    *,
    samples: int = 1000,
    seed: int = 12345,
) -> list[Score]:
    """Micro F1, in which each label of each text counts alike, and macro F1, in which each class does.

    As with single labels, one that no reference has takes from the others and is no class of its own.
    """
    check_samples(samples)
    if len(answers) != len(references):
        raise DataError(
            f"each answer needs a reference, but there are {len(answers)} answers and {len(references)} references. "
            "Pair them."
        )
    number = {name: place for place, name in enumerate(sorted({name for wanted in references for name in wanted}))}
    if not number:
        raise DataError("the references must have at least one label, but have none. Add rows.")
    # The last class is all that is no class.
    rows_N3C = np.zeros((len(answers), 3, len(number) + 1))
    for row, (ours, wanted) in enumerate(zip(answers, references, strict=True)):
        for name in {*ours}:
            place = number.get(name, -1)
            rows_N3C[row, 1, place] += 1
            rows_N3C[row, 0, place] += name in wanted
        for name in {*wanted}:
            rows_N3C[row, 2, number[name]] += 1
    rows_NK = rows_N3C.reshape(len(answers), -1)
    counts_C3 = rows_N3C.sum(0).T.astype(np.int64)
    details = f1_table([*number], counts_C3)
    signature = f"nrefs:1|case:mixed|norm:nfc|classes:references|version:seqloom {seqloom.__version__}"
    return [
        Counts(name=name, rows_NK=rows_NK, formula=formula, signature=signature, details=details).score(
            samples=samples, seed=seed
        )
        for name, formula in (("micro F1", _micro_f1), ("macro F1", macro_f1))
    ]


def _micro_f1(sums_NK: Floats) -> Floats:
    right, answered, wanted = np.moveaxis(sums_NK.reshape(*sums_NK.shape[:-1], 3, -1), -2, 0).sum(-1)
    return 100 * 2 * right / np.maximum(answered + wanted, 1)

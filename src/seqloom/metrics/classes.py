"""Labels: the share that is right, F1 of each class and their mean, and which class is taken for which."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seqloom
from seqloom.core.errors import DataError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts, check_samples, percent
from seqloom.metrics.score import Score
from seqloom.metrics.words import plain

__all__ = ["accuracy", "confusion_table", "f1", "f1_table", "macro_f1", "measure_recall"]

_MOST_CLASSES = 1000
_SIDE = "wanted / answered"


def accuracy(corpus: Corpus) -> Counts:
    """The share of labels that are right."""
    wanted, answered = _labels(corpus, "accuracy")
    rows = [[ours == theirs, 1] for ours, theirs in zip(wanted, answered, strict=True)]
    return Counts(
        name="accuracy",
        rows_NK=np.array(rows, dtype=np.float64),
        formula=percent,
        signature=f"nrefs:1|case:mixed|norm:nfc|version:seqloom {seqloom.__version__}",
        details=_details(wanted, answered),
    )


def f1(corpus: Corpus) -> Counts:
    """The mean of the classes' F1, over the classes that the references have.

    A label that no reference has takes from the recall of a class and is no class of its own: otherwise each
    misspelt label would count as much as a class.
    """
    wanted, answered = _labels(corpus, "f1")
    number = {name: index for index, name in enumerate(sorted(set(wanted)))}
    rows_N3C = np.zeros((len(wanted), 3, len(number)))
    for row, (right, ours) in enumerate(zip(wanted, answered, strict=True)):
        rows_N3C[row, 2, number[right]] = 1
        if ours in number:
            rows_N3C[row, 1, number[ours]] = 1
            rows_N3C[row, 0, number[ours]] = ours == right
    return Counts(
        name="macro F1",
        rows_NK=rows_N3C.reshape(len(wanted), -1),
        formula=macro_f1,
        signature=f"nrefs:1|case:mixed|norm:nfc|classes:references|version:seqloom {seqloom.__version__}",
        details=_details(wanted, answered),
    )


def measure_recall(
    label: str, answers: Sequence[str], references: Sequence[str], *, samples: int = 1000, seed: int = 12345
) -> Score:
    """The share of one class that is found."""
    check_samples(samples)
    wanted_N = np.array([plain(text) == plain(label) for text in references], dtype=np.float64)
    found_N = np.array([plain(text) == plain(label) for text in answers], dtype=np.float64)
    return Counts(
        name=f"recall of {label}",
        rows_NK=np.stack([wanted_N * found_N, wanted_N], axis=1),
        formula=percent,
        signature=f"nrefs:1|case:mixed|norm:nfc|version:seqloom {seqloom.__version__}",
    ).score(samples=samples, seed=seed)


def f1_table(names: Sequence[str], counts_C3: NDArray[np.int64]) -> dict[str, Any]:
    """Precision, recall and F1, in percent, of each class, from its right, answered and wanted; then of all
    together (micro), and the mean over the classes that are wanted at all (macro).
    """
    right, answered, wanted = counts_C3.T
    table_3C = 100 * np.stack(
        [right / np.maximum(answered, 1), right / np.maximum(wanted, 1), 2 * right / np.maximum(answered + wanted, 1)]
    )
    all_right, all_answered, all_wanted = (int(count) for count in counts_C3.sum(0))
    micro = [all_answered, all_wanted, (all_answered + all_wanted) / 2]
    return {
        "classes": {
            name: {**_named(table_3C[:, index].tolist()), "support": int(wanted[index])}
            for index, name in enumerate(names)
        },
        "micro": _named([100 * all_right / max(1, whole) for whole in micro]),
        "macro": _named(table_3C[:, wanted > 0].mean(1).tolist() if all_wanted else [0.0, 0.0, 0.0]),
    }


def confusion_table(confusion: Mapping[str, Mapping[str, int]]) -> str:
    """The `confusion` of a score's details as lines of text: a row for each wanted label, a column for each answered.

    Labels that were never wanted have a column only.
    """
    answered = {label for row in confusion.values() for label in row}
    columns = [*confusion, *sorted(answered - set(confusion))]
    cells = [[_SIDE, *columns]]
    cells += [[wanted, *(str(row.get(label, 0)) for label in columns)] for wanted, row in confusion.items()]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *rest in cells:
        padded = [" " * (width - _width(cell)) + cell for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join([first + " " * (widths[0] - _width(first)), *padded]))
    return "\n".join(lines)


def _labels(corpus: Corpus, metric: str) -> tuple[list[str], list[str]]:
    wanted = [plain(text) for text in corpus.only_references(metric)]
    if len(set(wanted)) > _MOST_CLASSES:
        raise DataError(
            f"`{metric}` needs at most {_MOST_CLASSES} classes, but the references are {len(set(wanted))} different "
            "texts. Choose `exact_match`."
        )
    return wanted, [plain(text) for text in corpus.answers]


def _details(wanted: Sequence[str], answered: Sequence[str]) -> dict[str, Any]:
    pairs = Counter(zip(wanted, answered, strict=True))
    names = sorted(set(wanted))
    supports, takings = Counter(wanted), Counter(answered)
    counts_C3 = np.array([[pairs[name, name], takings[name], supports[name]] for name in names])
    confusion: dict[str, dict[str, int]] = {name: {} for name in names}
    for (right, ours), count in sorted(pairs.items()):
        confusion[right][ours] = count
    return {**f1_table(names, counts_C3), "confusion": confusion}


def macro_f1(sums_NK: Floats) -> Floats:
    """Of the classes' right, answered and wanted, one behind the other."""
    right, answered, wanted = np.moveaxis(sums_NK.reshape(*sums_NK.shape[:-1], 3, -1), -2, 0)
    f1_NC = 2 * right / np.maximum(answered + wanted, 1)
    there = wanted > 0  # a resample may miss a rare class
    return 100 * np.where(there, f1_NC, 0).sum(-1) / there.sum(-1)


def _named(values: Sequence[float]) -> dict[str, float]:
    return dict(zip(("precision", "recall", "f1"), values, strict=True))


def _width(text: str) -> int:
    """How many columns of a terminal a text fills: Chinese characters fill two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

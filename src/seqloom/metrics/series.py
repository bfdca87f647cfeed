"""How far real-valued sequences are from what they should be; and how far it is to say the last value again and again.

Answers, references and sources are series as ``seqloom.core.series`` writes them, in the data's own units. Where an
answer and its reference differ in length, the shorter one stands still at its last frame.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import seqloom
from seqloom.core.errors import DataError
from seqloom.core.series import SeriesError, read_series
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts

__all__ = ["LAST_VALUE", "mae", "mase", "mse"]

LAST_VALUE = "repeating the last value"
"""The simplest forecast: what a model that has learnt anything must beat."""


def mse(corpus: Corpus) -> Counts:
    """The mean of the squared errors, over all numbers of all frames."""
    return _mean_of(corpus, "MSE", np.square)


def mae(corpus: Corpus) -> Counts:
    """The mean of the absolute errors."""
    return _mean_of(corpus, "MAE", np.abs)


def mase(corpus: Corpus) -> Counts:
    """Hyndman & Koehler 2006, equation 2: each series' absolute errors in units of its own restlessness.

    The unit is the mean absolute step from a value to the next within the source, for each channel; below 1 a forecast
    is better than the last value is one step ahead. A channel that stands still in the source has no unit and is left
    out.
    """
    if corpus.sources is None:
        raise DataError(
            "`mase` must have the sources, from which it takes its unit, but has none. Give them, or `mae`."
        )
    rows: list[list[float]] = []
    naive: list[list[float]] = []
    still = 0
    for row, (answer_TC, reference_TC) in enumerate(_pairs(corpus), start=1):
        source_SC = _series(corpus.sources[row - 1], f"row {row}: the source")
        if source_SC.shape[1:] != reference_TC.shape[1:]:
            raise DataError(
                f"row {row}: `mase` needs sources of as many channels as their references have, "
                f"{reference_TC.shape[1]}, but this one has {source_SC.shape[1]}. Take `mae`."
            )
        steps_C = np.abs(np.diff(source_SC, axis=0)).mean(0) if len(source_SC) > 1 else np.zeros(source_SC.shape[1])
        moves_C = steps_C > 0
        still += int((~moves_C).sum())
        unit_C = np.where(moves_C, steps_C, 1.0)
        for found, said_TC in ((rows, answer_TC), (naive, source_SC[-1:])):
            errors_TC = np.abs(np.subtract(*_as_long(said_TC, reference_TC))) / unit_C
            found.append([float(errors_TC[:, moves_C].sum()), float(errors_TC[:, moves_C].size)])
    return Counts(
        name="MASE",
        rows_NK=np.array(rows, dtype=np.float64),
        formula=_mean,
        signature=_signature(corpus),
        higher_is_better=False,
        details={"channels without a unit": still},
        against={LAST_VALUE: float(_mean(np.array(naive, dtype=np.float64).sum(0)))},
        digits=None,
    )


def _mean_of(corpus: Corpus, name: str, error: np.ufunc) -> Counts:
    rows = [_row(answer_TC, reference_TC, error) for answer_TC, reference_TC in _pairs(corpus)]
    naive = _last_values(corpus, error)
    return Counts(
        name=name,
        rows_NK=np.array(rows, dtype=np.float64),
        formula=_mean,
        signature=_signature(corpus),
        higher_is_better=False,
        against={} if naive is None else {LAST_VALUE: naive},
        digits=None,
    )


def _row(answer_TC: Floats, reference_TC: Floats, error: np.ufunc) -> tuple[float, float]:
    errors_TC = error(np.subtract(*_as_long(answer_TC, reference_TC)))
    return float(errors_TC.sum()), float(errors_TC.size)


def _last_values(corpus: Corpus, error: np.ufunc) -> float | None:
    """What the last frame of each source comes to; None where sources are something else."""
    rows = []
    for source, (_, reference_TC) in zip(corpus.sources or (), _pairs(corpus), strict=False):
        try:
            source_SC = np.array(read_series(source))
        except SeriesError:
            return None
        if source_SC.shape[1:] != reference_TC.shape[1:]:
            return None
        rows.append(_row(source_SC[-1:], reference_TC, error))
    return float(_mean(np.array(rows).sum(0))) if rows else None


def _pairs(corpus: Corpus) -> Iterator[tuple[Floats, Floats]]:
    references = corpus.only_references("series")
    for row, (answer, reference) in enumerate(zip(corpus.answers, references, strict=True), start=1):
        answer_TC, reference_TC = (
            _series(answer, f"row {row}: the answer"),
            _series(reference, f"row {row}: the reference"),
        )
        if answer_TC.shape[1] != reference_TC.shape[1]:
            raise DataError(
                f"row {row}: the answer must have {reference_TC.shape[1]} numbers a frame, as its reference has, "
                f"but has {answer_TC.shape[1]}."
            )
        yield answer_TC, reference_TC


def _series(text: str, what: str) -> Floats:
    try:
        frames = read_series(text)
    except SeriesError as error:
        raise DataError(f"{what} must be a series: {error}.") from None
    if not frames:
        raise DataError(f"{what} must have a frame at least, but is empty. Drop the row.")
    return np.array(frames, dtype=np.float64)


def _as_long(first_TC: Floats, second_TC: Floats) -> tuple[Floats, Floats]:
    longest = max(len(first_TC), len(second_TC))

    def held(series_TC: Floats) -> Floats:
        return np.concatenate([series_TC, np.repeat(series_TC[-1:], longest - len(series_TC), axis=0)])

    return held(first_TC), held(second_TC)


def _mean(sums_NK: Floats) -> Floats:
    total, number = sums_NK[..., 0], sums_NK[..., 1]
    return np.divide(total, number, out=np.zeros_like(total), where=number > 0)


def _signature(corpus: Corpus) -> str:
    return f"nrefs:{corpus.nrefs}|over:numbers|lengths:held|version:seqloom {seqloom.__version__}"

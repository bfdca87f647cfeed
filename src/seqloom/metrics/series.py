"""How far real-valued sequences are from what they should be, and how far apart their quantiles are.

Answers, references and sources are series as ``seqloom.core.series`` writes them, in the data's own units. Where an
answer and its reference differ in length, the shorter one stands still at its last frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

import seqloom
from seqloom.core.errors import DataError
from seqloom.core.series import SeriesError, read_series
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts, check_samples, percent
from seqloom.metrics.score import Score

__all__ = ["mae", "mase", "measure_quantiles", "mse"]


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
        errors_TC = np.abs(np.subtract(*_as_long(answer_TC, reference_TC))) / unit_C
        rows.append([float(errors_TC[:, moves_C].sum()), float(errors_TC[:, moves_C].size)])
    return Counts(
        name="MASE",
        rows_NK=np.array(rows, dtype=np.float64),
        formula=_mean,
        signature=_signature(corpus),
        higher_is_better=False,
        details={"channels without a unit": still},
        digits=None,
    )


def measure_quantiles(
    quantiles: Sequence[Mapping[float, str]],
    references: Sequence[str],
    *,
    samples: int = 1000,
    seed: int = 12345,
) -> list[Score]:
    """The pinball loss (Koenker & Bassett 1978): (y - q) p where y lies above the quantile q of share p, and
    (q - y)(1 - p) below it, the mean over shares and numbers. Of one share, 0.5, it is half the absolute error.

    Beside it the coverage, where there are two shares or more: the percentage of numbers between the lowest and the
    highest quantile. It should be as many percent as lie between the two shares.
    """
    check_samples(samples)
    losses: list[tuple[float, int]] = []
    covered: list[tuple[int, int]] = []
    for row, (told, reference) in enumerate(zip(quantiles, references, strict=True), start=1):
        reference_TC = _series(reference, f"row {row}: the reference")
        found = {}
        for share, text in sorted(told.items()):
            quantile_TC, real_TC = _as_long(_series(text, f"row {row}: the quantile {share:g}"), reference_TC)
            found[share] = real_TC - quantile_TC
        losses.append(
            (
                sum(float(np.maximum(share * far_TC, (share - 1) * far_TC).sum()) for share, far_TC in found.items()),
                sum(far_TC.size for far_TC in found.values()),
            )
        )
        first_TC, *_, last_TC = found.values() if len(found) > 1 else [*found.values()] * 2
        covered.append((int(((first_TC >= 0) & (last_TC <= 0)).sum()), first_TC.size))
    shares = sorted(quantiles[0])
    signature = f"quantiles:{','.join(f'{share:g}' for share in shares)}|version:seqloom {seqloom.__version__}"
    pinball = Counts(
        name="pinball",
        rows_NK=np.array(losses, float),
        formula=_mean,
        signature=signature,
        higher_is_better=False,
        digits=None,
    )
    if len(shares) < 2:
        return [pinball.score(samples=samples, seed=seed)]
    wanted = 100 * (shares[-1] - shares[0])
    coverage = Counts(
        name=f"coverage of {wanted:.3g} %", rows_NK=np.array(covered, float), formula=percent, signature=signature
    )
    return [each.score(samples=samples, seed=seed) for each in (pinball, coverage)]


def _mean_of(corpus: Corpus, name: str, error: np.ufunc) -> Counts:
    rows = [_row(answer_TC, reference_TC, error) for answer_TC, reference_TC in _pairs(corpus)]
    return Counts(
        name=name,
        rows_NK=np.array(rows, dtype=np.float64),
        formula=_mean,
        signature=_signature(corpus),
        higher_is_better=False,
        digits=None,
    )


def _row(answer_TC: Floats, reference_TC: Floats, error: np.ufunc) -> tuple[float, float]:
    errors_TC = error(np.subtract(*_as_long(answer_TC, reference_TC)))
    return float(errors_TC.sum()), float(errors_TC.size)


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

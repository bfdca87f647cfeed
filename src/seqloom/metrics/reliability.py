"""What confidences are worth: whether they mean what they say, and whether the surest answers are the best.

How good an answer is lies between 0 and 1: for a metric of right and wrong it is either, for a text it is a score of
that text alone. So a confidence is compared with the quality to be expected, and the risk of an answer is 1 − quality.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

import seqloom
from seqloom.core.errors import DataError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.counts import Counts, percent
from seqloom.metrics.score import Score

__all__ = ["BINS", "Bin", "Kept", "Reliability", "measure_reliability"]

BINS = 10
"""Of the calibration error: of a thousand answers, a hundred each, whose mean is known to a few hundredths."""
_COVERAGES = tuple(share / 100 for share in range(100, 0, -10))
_VERSION = f"|version:seqloom {seqloom.__version__}"
_TOLD = (1.0, 0.9, 0.8, 0.5)
"""The coverages that a line has room for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """Answers of about one confidence."""

    confidence: float
    """Their mean."""
    quality: float
    """Theirs too."""
    answers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What remains when the least sure answers are left to a person."""

    coverage: float
    """The share that remains."""
    quality: float
    """Its mean."""
    confidence: float
    """The least in it: what `--min-confidence` must be to keep so many."""


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """How far the confidences of a test set may be relied on."""

    ece: Score
    """Expected calibration error: how far confidence and quality are apart, in hundredths."""
    area: Score
    """Under the risk-coverage curve: the mean risk over all coverages, in percent."""
    brier: Score | None
    """The mean square of confidence less right or wrong; None where answers are not just that."""
    measured: str
    """What quality is."""
    bins: tuple[Bin, ...]
    points: tuple[Kept, ...]
    """From all the answers to the surest tenth."""

    @property
    def lines(self) -> tuple[str, str]:
        """For people: the errors, and what the surest answers are worth."""
        first = f"{self.ece}" if self.brier is None else f"{self.brier}; {self.ece}"
        told = [point for point in self.points if point.coverage in _TOLD]
        kept = ", ".join(f"{point.coverage:.0%} {100 * point.quality:.1f}" for point in told)
        return first, f"{self.area}; mean {self.measured} of the surest {kept}"

    def to_data(self) -> dict[str, Any]:
        return {
            "ece": self.ece.to_data(),
            "risk_coverage_area": self.area.to_data(),
            "brier": None if self.brier is None else self.brier.to_data(),
            "quality": self.measured,
            "bins": [
                {"confidence": each.confidence, "quality": each.quality, "answers": each.answers} for each in self.bins
            ],
            "points": [
                {"coverage": each.coverage, "quality": each.quality, "confidence": each.confidence}
                for each in self.points
            ],
        }


def measure_reliability(
    confidences_N: Floats, qualities_N: Floats, *, measured: str, fitted: str, samples: int = 1000, seed: int = 12345
) -> Reliability:
    """The figures of a test set's answers. ``measured`` names the quality, ``fitted`` what the confidences were
    calibrated on; both go into the signatures.
    """
    confidences_N, qualities_N = _checked(confidences_N, qualities_N)
    signature = f"n:{len(qualities_N)}|quality:{measured}|of:each answer|fit:{fitted}"
    binary = bool(np.isin(qualities_N, (0.0, 1.0)).all())
    return Reliability(
        ece=_calibration_error(confidences_N, qualities_N, signature).score(samples=samples, seed=seed),
        area=_area(confidences_N, qualities_N, signature),
        brier=_brier(confidences_N, qualities_N, signature).score(samples=samples, seed=seed) if binary else None,
        measured=measured,
        bins=_bins(confidences_N, qualities_N),
        points=_points(confidences_N, qualities_N),
    )


def _checked(confidences_N: Floats, qualities_N: Floats) -> tuple[Floats, Floats]:
    confidences_N = np.asarray(confidences_N, dtype=np.float64)
    qualities_N = np.asarray(qualities_N, dtype=np.float64)
    if len(confidences_N) != len(qualities_N):
        raise DataError(
            f"each confidence needs its quality, but there are {len(confidences_N)} and {len(qualities_N)}. Pair them."
        )
    if not len(confidences_N):
        raise DataError("there must be at least one answer to measure, but there is none. Add rows.")
    for name, values_N in (("confidence", confidences_N), ("quality", qualities_N)):
        outside_N = ~((values_N >= 0) & (values_N <= 1))
        if outside_N.any():
            row = int(outside_N.argmax())
            raise DataError(f"row {row + 1}: the {name} must be from 0 to 1, but is {values_N[row]:g}. Give a share.")
    return confidences_N, qualities_N


def _calibration_error(confidences_N: Floats, qualities_N: Floats, signature: str) -> Counts:
    """Σ_b n_b / n · |mean confidence − mean quality| (Naeini et al. 2015), in bins of equally many answers
    (Nguyen & O'Connor 2015): confidences crowd, and bins of equal width would leave most answers in one.
    """
    bin_N = _bin_of(confidences_N)
    number = int(bin_N.max()) + 1
    rows_NK = np.zeros((len(bin_N), number + 1))
    rows_NK[np.arange(len(bin_N)), bin_N] = confidences_N - qualities_N
    rows_NK[:, -1] = 1
    return Counts(
        name="ECE",
        rows_NK=rows_NK,
        formula=_mean_gap,
        signature=f"{signature}|bins:{number}|mass:equal{_VERSION}",
        higher_is_better=False,
        details={"confidence": float(confidences_N.mean()), "quality": float(qualities_N.mean())},
    )


def _mean_gap(sums_NK: Floats) -> Floats:
    return 100 * np.abs(sums_NK[..., :-1]).sum(-1) / sums_NK[..., -1]


def _brier(confidences_N: Floats, qualities_N: Floats, signature: str) -> Counts:
    """Brier 1950, of one class; in hundredths."""
    rows_NK = np.stack([(confidences_N - qualities_N) ** 2, np.ones_like(qualities_N)], axis=1)
    return Counts(
        name="Brier", rows_NK=rows_NK, formula=percent, signature=signature + _VERSION, higher_is_better=False
    )


def _area(confidences_N: Floats, qualities_N: Floats, signature: str) -> Score:
    """Geifman & El-Yaniv 2017: the risk of the k surest answers, in the mean over every k.

    Its details have the area of a random order, which is the risk of all, and of the best order there could be.
    """
    ideal_N = np.sort(qualities_N)[::-1]
    return Score(
        name="risk-coverage area",
        value=100 * float(_risks(_surest_first(confidences_N, qualities_N)).mean()),
        low=None,
        high=None,
        signature=signature + _VERSION,
        higher_is_better=False,
        details={
            "random": 100 * float(1 - qualities_N.mean()),
            "ideal": 100 * float(_risks(ideal_N).mean()),
        },
    )


def _risks(ordered_N: Floats) -> Floats:
    """The risk of the first k, for every k."""
    return 1 - np.cumsum(ordered_N) / np.arange(1, len(ordered_N) + 1)


def _points(confidences_N: Floats, qualities_N: Floats) -> tuple[Kept, ...]:
    ordered_N = _surest_first(confidences_N, qualities_N)
    surest_N = np.sort(confidences_N)[::-1]
    points = []
    for coverage in _COVERAGES:
        kept = max(1, math.ceil(coverage * len(ordered_N) - 1e-9))
        quality, least = float(ordered_N[:kept].mean()), float(surest_N[kept - 1])
        points.append(Kept(coverage=coverage, quality=quality, confidence=least))
    return tuple(points)


def _surest_first(confidences_N: Floats, qualities_N: Floats) -> Floats:
    """The qualities, by falling confidence. Answers of one confidence have no order: each has the mean of them all."""
    _, group_N, size_G = np.unique(-confidences_N, return_inverse=True, return_counts=True)
    mean_G: Floats = np.bincount(group_N, weights=qualities_N) / size_G
    return np.repeat(mean_G, size_G)


def _bins(confidences_N: Floats, qualities_N: Floats) -> tuple[Bin, ...]:
    bin_N = _bin_of(confidences_N)
    size_B = np.bincount(bin_N)
    confidence_B, quality_B = (np.bincount(bin_N, weights=each) / size_B for each in (confidences_N, qualities_N))
    return tuple(
        Bin(confidence=float(confidence), quality=float(quality), answers=int(size))
        for confidence, quality, size in zip(confidence_B, quality_B, size_B, strict=True)
    )


def _bin_of(confidences_N: Floats) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Which tenth of the answers each is in, least sure first. Equal confidences are in one bin, so some may be
    larger, and fewer."""
    _, group_N, size_G = np.unique(confidences_N, return_inverse=True, return_counts=True)
    middle_G = np.cumsum(size_G) - size_G / 2
    wanted_G = np.minimum(BINS - 1, (middle_G * BINS / len(confidences_N)).astype(np.intp))
    _, bin_G = np.unique(wanted_G, return_inverse=True)
    return np.asarray(bin_G[group_N], dtype=np.intp)

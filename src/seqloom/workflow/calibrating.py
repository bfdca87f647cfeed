"""Fitting to validation pairs what makes confidences of log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import get_args

import numpy as np

from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.calibration import fit_temperature, log_loss
from seqloom.metrics.temperature import Temperature
from seqloom.workflow.calibration import Calibration, Over, said

__all__ = ["fit_calibration"]


def fit_calibration(
    answers: Sequence[Sequence[float]], qualities: Floats, tokens_P: Floats, right_P: Floats, *, fitted: str
) -> Calibration:
    """``answers`` are their tokens' log-probabilities; ``tokens_P`` those of the likeliest tokens, and ``right_P``
    whether these are the reference's. Where there is nothing to learn from, nothing is changed.
    """
    there = [place for place, logps in enumerate(answers) if logps and math.isfinite(math.fsum(logps))]
    right_N = np.asarray(qualities, dtype=np.float64)[there]
    found: dict[Over, tuple[float, Temperature]] = {}
    for over in get_args(Over):
        logps_N = np.array([said(answers[place], over) for place in there], dtype=np.float64)
        temperature = fit_temperature(logps_N, right_N)
        confidences_N = np.array([temperature(logp) for logp in logps_N.tolist()])
        found[over] = (log_loss(confidences_N, right_N) if len(right_N) else 0.0, temperature)
    over = min(found, key=lambda over: found[over][0])  # of equals the first, which is the mean
    return Calibration(
        tokens=fit_temperature(np.minimum(tokens_P, 0), right_P),
        answers=found[over][1],
        over=over,
        fitted=fitted,
        pairs=len(right_N),
    )

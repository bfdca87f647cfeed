"""Probabilities that mean what they say: what a model holds to be 70 % likely is right seven times in ten.

Guo et al. 2017 divide a model's logits by one temperature, fitted on pairs it did not learn from. Here the odds of what
was said are divided instead of every token's logit: log-odds / T (+ b). That costs no second softmax when a model
answers, and for two classes it is the same thing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from seqloom.core.errors import DataError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.temperature import MOST, SUREST, Temperature

__all__ = ["fit_temperature", "log_loss"]

_LEAST = -10_000.0
"""Log-odds of what is impossible."""
_COLDEST, _HOTTEST = 0.02, 50.0
_GOLDEN = (math.sqrt(5) - 1) / 2
_STEPS = 40
_NEWTON = 50


def fit_temperature(logps_N: Floats, right_N: Floats) -> Temperature:
    """The temperature, and the bias if it is worth it, with the least log-loss.

    ``right_N`` is 1 or 0, or how good something was, between them: then the confidence is the quality to be expected.
    The slope 1 / T and the bias cost half the square of their distance from 1 and 0, so that a few answers, or answers
    that are all right, move them a little and never to infinity. The bias is worth it where it pays more than Schwarz
    1978 (BIC) asks for a second parameter, in units of the spread that is there (McCullagh & Nelder 1989, section 9.2):
    qualities lie closer to their expectation than rights and wrongs do, and fewer of them tell as much.
    """
    if len(logps_N) != len(right_N):
        raise DataError(f"logps and rights must be as many, but are {len(logps_N)} and {len(right_N)}. Pair them.")
    if not len(logps_N):
        return Temperature()
    if not (np.all(logps_N <= 0) and np.all((right_N >= 0) & (right_N <= 1))):
        raise DataError("logps must be at most 0, and rights from 0 to 1, but some are not. Give probabilities' logs.")
    odds_N = _log_odds(np.asarray(logps_N, dtype=np.float64))
    right_N = np.asarray(right_N, dtype=np.float64)

    def alone(temperature: float) -> float:
        return _loss(odds_N, right_N, temperature, 0.0)

    def with_bias(temperature: float) -> float:
        return _loss(odds_N, right_N, temperature, _best_bias(odds_N / temperature, right_N))

    one, two = _least(alone), _least(with_bias)
    bias = _best_bias(odds_N / two, right_N)
    if 2 * (alone(one) - with_bias(two)) > math.log(len(odds_N)) * _spread(odds_N / two + bias, right_N):
        return Temperature(temperature=two, bias=bias)
    return Temperature(temperature=one)


def log_loss(confidences_N: Floats, right_N: Floats) -> float:
    """The mean of −r log c − (1 − r) log(1 − c): least where each confidence is the chance to be right."""
    sure_N = np.clip(confidences_N, 1 - SUREST, SUREST)
    return float(-(right_N * np.log(sure_N) + (1 - right_N) * np.log1p(-sure_N)).mean())


def _log_odds(logps_N: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        odds_N = logps_N - np.log(-np.expm1(logps_N))
    return np.clip(np.where(logps_N == -np.inf, _LEAST, odds_N), _LEAST, MOST)


def _loss(odds_N: Floats, right_N: Floats, temperature: float, bias: float) -> float:
    """The log-loss in all, σ never made: log(1 + eˣ) − r x. And what leaving the identity costs."""
    moved_N = odds_N / temperature + bias
    return float((np.logaddexp(0, moved_N) - right_N * moved_N).sum() + ((1 / temperature - 1) ** 2 + bias**2) / 2)


def _spread(moved_N: Floats, right_N: Floats) -> float:
    """How far from their expectation they lie, as squares, where 1 is how far rights and wrongs do."""
    sure_N = _sigmoid(moved_N)
    return float(((right_N - sure_N) ** 2).sum() / np.maximum(sure_N * (1 - sure_N), 1e-12).sum())


def _sigmoid(moved_N: Floats) -> Floats:
    return np.exp(-np.logaddexp(0, -moved_N))


def _best_bias(moved_N: Floats, right_N: Floats) -> float:
    """Newton's steps on a convex function of one variable, none longer than 1."""
    bias = 0.0
    for _ in range(_NEWTON):
        sure_N = _sigmoid(moved_N + bias)
        slope = float((sure_N - right_N).sum()) + bias
        step = slope / (float((sure_N * (1 - sure_N)).sum()) + 1)
        bias -= min(1.0, max(-1.0, step))
        if abs(step) < 1e-9:
            break
    return bias


def _least(loss: Callable[[float], float]) -> float:
    """The temperature of the least loss, by golden section over its logarithm (Kiefer 1953)."""
    low, high = math.log(_COLDEST), math.log(_HOTTEST)
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(math.exp(left)), loss(math.exp(right))
    for _ in range(_STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(math.exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(math.exp(right))
    return math.exp((low + high) / 2)

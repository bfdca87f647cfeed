"""Perplexity."""

import math

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.metrics.likelihood import perplexity


def test_equal_choices_are_counted() -> None:
    score = perplexity([3 * math.log(1 / 8), 5 * math.log(1 / 8)], [3, 5])
    assert score.value == pytest.approx(8)
    assert (score.low, score.high) == pytest.approx((8, 8))
    assert score.details == {"tokens": 8, "bits": pytest.approx(3)}
    assert score.signature.startswith("unit:token|bs:1000|seed:12345|version:")


def test_tokens_weigh_not_sentences() -> None:
    score = perplexity([-1.0, -30.0], [1, 9], unit="word", samples=0)
    assert score.value == pytest.approx(math.exp(3.1))
    assert score.signature.startswith("unit:word|version:")


def test_interval_draws_sentences() -> None:
    generator = np.random.default_rng(1)
    tokens = generator.integers(1, 20, size=30)
    logps = -generator.random(30) * tokens
    score = perplexity(logps.tolist(), tokens.tolist(), samples=200, seed=2)
    drawn = np.random.default_rng(2).integers(30, size=(200, 30))
    values = sorted(math.exp(-logps[rows].sum() / tokens[rows].sum()) for rows in drawn)
    assert (score.low, score.high) == pytest.approx((values[5], values[-6]))


@pytest.mark.parametrize(
    ("logps", "tokens", "message"),
    [
        ([], [], "at least one sentence"),
        ([-1.0], [1, 2], "must be as many, but are 1 and 2"),
        ([-1.0, -math.inf], [1, 1], "row 2: the log-probability must be finite and at most 0, but is -inf"),
        ([math.nan], [1], "row 1: the log-probability"),
        ([0.5], [1], "row 1: the log-probability"),
        ([-1.0], [0], "row 1: there must be at least one token"),
    ],
)
def test_numbers_that_cannot_be_measured(logps: list[float], tokens: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        perplexity(logps, tokens)

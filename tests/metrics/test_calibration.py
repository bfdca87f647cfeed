"""Temperatures: found again where they were put, and harmless where there is little to learn from."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.calibration import fit_temperature, log_loss
from seqloom.metrics.temperature import Temperature


def drawn(true: Temperature, *, number: int = 20_000, seed: int = 3) -> tuple[Floats, Floats]:
    """Log-probabilities that a model says, and whether it is right as often as ``true`` makes of them."""
    draw = np.random.default_rng(seed)
    logps_N = np.log(draw.uniform(0.02, 0.999, number))
    chances_N = np.array([true(logp) for logp in logps_N.tolist()])
    return logps_N, (draw.uniform(size=number) < chances_N).astype(np.float64)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 4.0])
def test_a_known_temperature_is_found_again_without_a_bias(temperature: float) -> None:
    found = fit_temperature(*drawn(Temperature(temperature=temperature)))
    assert found.temperature == pytest.approx(temperature, rel=0.06)
    assert found.bias == 0


def test_a_bias_is_taken_where_it_is_worth_it() -> None:
    found = fit_temperature(*drawn(Temperature(temperature=2.0, bias=-1.0)))
    assert found.temperature == pytest.approx(2.0, rel=0.06)
    assert found.bias == pytest.approx(-1.0, abs=0.08)


def test_it_is_the_least_log_loss_of_a_plain_search() -> None:
    logps_N, right_N = drawn(Temperature(temperature=3.0, bias=0.7), number=2000)
    probabilities_N = np.exp(logps_N)
    odds_N = np.log(probabilities_N / (1 - probabilities_N))
    tried = [
        (log_loss(1 / (1 + np.exp(-(odds_N / temperature + bias))), right_N), temperature, bias)
        for temperature in np.geomspace(1, 9, 60)
        for bias in np.linspace(-2, 2, 81)
    ]
    found = fit_temperature(logps_N, right_N)
    least = log_loss(np.array([found(logp) for logp in logps_N.tolist()]), right_N)
    assert least <= min(tried)[0] + 1e-5


def test_for_two_classes_it_is_a_temperature_on_the_logits() -> None:
    logits, temperature = np.array([1.3, -0.4]), 2.5
    softmax = np.exp(logits) / np.exp(logits).sum()
    cooled = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
    assert Temperature(temperature=temperature)(math.log(softmax[0])) == pytest.approx(cooled[0])


@pytest.mark.parametrize("given", [Temperature(temperature=0.3), Temperature(temperature=7.0, bias=-2.0)])
def test_the_order_stays(given: Temperature) -> None:
    logps = [-math.inf, -800.0, -40.0, -3.0, -0.7, -0.1, -1e-3, -1e-5]
    confidences = [given(logp) for logp in logps]
    assert all(before <= after for before, after in pairwise(confidences))
    assert confidences[3] < confidences[4] < confidences[5] < confidences[6]
    assert confidences[0] == 0


def test_nothing_is_changed_by_the_first_temperature() -> None:
    assert [Temperature()(logp) for logp in (-math.inf, -2.0, 0.0)] == [0, math.exp(-2.0), 1]


def test_a_quality_between_wrong_and_right_is_met_in_the_mean() -> None:
    draw = np.random.default_rng(5)
    logps_N = np.log(draw.uniform(0.3, 0.95, 4000))
    quality_N = np.clip(0.5 * np.exp(logps_N) + draw.normal(0, 0.05, 4000), 0, 1)
    found = fit_temperature(logps_N, quality_N)
    confidences_N = np.array([found(logp) for logp in logps_N.tolist()])
    assert confidences_N.mean() == pytest.approx(quality_N.mean(), abs=0.005)
    assert abs(confidences_N - quality_N).mean() < 0.06


def test_qualities_that_lie_close_together_pay_for_a_bias_sooner() -> None:
    """300 of them do; 300 rights and wrongs of the same expectation do not."""
    draw = np.random.default_rng(8)
    logps_N = np.log(draw.uniform(0.4, 0.9, 300))
    expected_N = np.array([Temperature(bias=-0.25)(logp) for logp in logps_N.tolist()])
    close = fit_temperature(logps_N, np.clip(expected_N + draw.normal(0, 0.1, 300), 0, 1))
    apart = fit_temperature(logps_N, (draw.uniform(size=300) < expected_N).astype(np.float64))
    assert close.bias == pytest.approx(-0.25, abs=0.1)
    assert apart.bias == 0


# ---- little to learn from --------------------------------------------------------------------------------------------


def test_of_nothing_nothing_is_learnt() -> None:
    assert fit_temperature(np.zeros(0), np.zeros(0)) == Temperature()


@pytest.mark.parametrize(("right", "number"), [(1.0, 3), (0.0, 3), (1.0, 500), (0.0, 500)])
def test_answers_that_are_all_right_or_all_wrong_move_it_only_so_far(right: float, number: int) -> None:
    found = fit_temperature(np.full(number, math.log(0.7)), np.full(number, right))
    moved = found(math.log(0.7))
    assert 0.002 < moved < 0.998 if number > 3 else 0.1 < moved < 0.93
    assert (moved > 0.7) == (right == 1)


def test_confidences_that_know_nothing_are_flattened_not_turned_round() -> None:
    draw = np.random.default_rng(4)
    logps_N = np.sort(np.log(draw.uniform(0.05, 0.99, 2000)))
    right_N = (np.arange(2000) < 1000).astype(np.float64)  # the surer, the worse
    found = fit_temperature(logps_N, right_N)
    assert found(math.log(0.1)) <= found(math.log(0.9))
    assert found(math.log(0.9)) - found(math.log(0.1)) < 0.1


def test_extremes_stay_shares() -> None:
    for given in (Temperature(temperature=0.02, bias=5.0), Temperature(temperature=50.0, bias=-5.0)):
        assert all(0 <= given(logp) <= 1 for logp in (-math.inf, -1e308, -1e4, -1e-300, -0.0))


def test_certainty_that_is_sometimes_wrong_is_no_longer_certain() -> None:
    right_N = np.array([1.0] * 90 + [0.0] * 10)
    assert fit_temperature(np.zeros(100), right_N)(0.0) == pytest.approx(0.9, abs=0.03)


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(DataError, match="at most 0"):
        fit_temperature(np.array([0.5]), np.array([1.0]))
    with pytest.raises(DataError, match="are 1 and 2"):
        fit_temperature(np.array([-0.5]), np.array([1.0, 0.0]))

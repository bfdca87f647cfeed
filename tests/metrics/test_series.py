"""Errors of series against the formulas written out, and against the last value said again and again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.metrics.score import Score
from seqloom.metrics.series import measure_quantiles
from seqloom.metrics.texts import compare, measure


def texts(*series: object) -> list[str]:
    return [json.dumps(np.asarray(each).tolist()) for each in series]


def test_each_error_is_its_formula() -> None:
    dice = np.random.default_rng(1)
    sources = [dice.normal(size=(length, 2)) for length in (5, 8, 6)]
    references = [dice.normal(size=(length, 2)) for length in (3, 3, 4)]
    answers = [dice.normal(size=each.shape) for each in references]
    mse, mae, mase = measure(
        ["mse", "mae", "mase"], texts(*answers), [texts(each) for each in references], sources=texts(*sources)
    )
    errors = np.concatenate([(a - r).ravel() for a, r in zip(answers, references, strict=True)])
    assert mse.value == pytest.approx((errors**2).mean())
    assert mae.value == pytest.approx(np.abs(errors).mean())
    scaled = [
        (np.abs(a - r) / np.abs(np.diff(s, axis=0)).mean(0)).ravel()
        for s, a, r in zip(sources, answers, references, strict=True)
    ]
    assert mase.value == pytest.approx(np.concatenate(scaled).mean())
    for score in (mse, mae, mase):
        assert score.low is not None
        assert score.high is not None
        assert score.low < score.value < score.high
        assert not score.higher_is_better


def test_who_is_shorter_stands_still() -> None:
    [score] = measure(["mae"], texts([1.0, 2.0], [0.0, 0.0, 0.0]), [texts([1.0, 3.0, 4.0]), texts([1.0])])
    assert score.value == pytest.approx((0 + 1 + 2 + 1 + 1 + 1) / 6)


def test_a_channel_that_stands_still_has_no_unit() -> None:
    source, reference, answer = [[1.0, 0.0], [1.0, 2.0]], [[3.0, 1.0]], [[9.0, 2.0]]
    [score] = measure(["mase"], texts(answer), [texts(reference)], sources=texts(source))
    assert score.value == pytest.approx(1 / 2)
    assert score.details == {"channels without a unit": 1}


def test_a_score_shows_four_digits_that_count() -> None:
    [score] = measure(["mae"], texts([0.25]), [texts([0.5])], sources=texts([0.0]))
    assert str(score).startswith("MAE 0.25 (nrefs:1|over:numbers|lengths:held|")


def test_the_pinball_loss_is_its_formula_and_the_coverage_a_count() -> None:
    dice = np.random.default_rng(1)
    shares, real = (0.1, 0.5, 0.9), [dice.normal(size=4) for _ in range(30)]
    said = [{share: np.full(4, share - 0.5) for share in shares} for _ in real]
    losses = [
        max(share * (y - q), (share - 1) * (y - q))
        for told, each in zip(said, real, strict=True)
        for share, quantile in told.items()
        for q, y in zip(quantile, each, strict=True)
    ]
    within = [-0.4 <= y <= 0.4 for each in real for y in each]
    told = [dict(zip(each, texts(*each.values()), strict=True)) for each in said]
    pinball, coverage = measure_quantiles(told, texts(*real))
    assert pinball.value == pytest.approx(np.mean(losses))
    assert not pinball.higher_is_better
    assert coverage.name == "coverage of 80 %"
    assert coverage.value == pytest.approx(100 * np.mean(within))


def test_the_right_quantiles_have_the_smallest_loss() -> None:
    """That is what the loss is for: neither a wider nor a narrower band can win by it."""
    real = [np.random.default_rng(2).normal(size=5000)]

    def loss(width: float) -> float:
        bands = {0.1: np.full(5000, -width), 0.9: np.full(5000, width)}
        return measure_quantiles([dict(zip(bands, texts(*bands.values()), strict=True))], texts(*real))[0].value

    assert loss(1.2816) < min(loss(0.9), loss(1.7))


def test_one_quantile_covers_nothing() -> None:
    [half] = measure_quantiles([{0.5: "[1, 2]"}], ["[3, 2]"])
    assert half.value == pytest.approx(0.5)


def test_a_score_says_itself_to_json() -> None:
    for score in measure(
        ["mse", "mae", "mase"], texts([1.0], [3.0]), [texts([2.0]), texts([2.5])], sources=texts([0.0, 1.0], [0.0, 2.0])
    ):
        assert Score(**json.loads(json.dumps(score.to_data(), allow_nan=False))) == score
        assert score.signature.startswith("nrefs:1|bs:1000|seed:12345|over:numbers|")


def test_two_forecasts_are_compared() -> None:
    dice = np.random.default_rng(1)
    references = [dice.normal(size=4) for _ in range(30)]
    near, far = ([each + dice.normal(size=4) * size for each in references] for size in (0.1, 1.0))
    [found] = compare(["mse"], texts(*far), texts(*near), [texts(each) for each in references])
    assert found.difference < 0
    assert found.p < 0.01


@pytest.mark.parametrize(
    ("answer", "reference", "sources", "said"),
    [
        ("[1]", "[[1, 2]]", None, "row 1: the answer must have 2 numbers a frame, as its reference has, but has 1"),
        ("one", "[1]", None, "row 1: the answer must be a series"),
        ("[1]", "", None, "row 1: the reference must have a frame at least"),
        ("[1]", "[1]", None, "`mase` must have the sources"),
        ("[1]", "[1]", ["[[1, 2]]"], "sources of as many channels as their references have, 1, but this one has 2"),
        ("[1]", "[1]", ["a dog"], "row 1: the source must be a series"),
    ],
)
def test_what_cannot_be_measured_is_one_line(answer: str, reference: str, sources: list[str] | None, said: str) -> None:
    with pytest.raises(DataError) as raised:
        measure(["mae" if "row" in said and sources is None else "mase"], [answer], [[reference]], sources=sources)
    assert said in str(raised.value)

"""Errors of series against the formulas written out, and against the last value said again and again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.metrics import Score, compare, measure
from seqloom.metrics.series import LAST_VALUE


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
    last = np.concatenate([(s[-1] - r).ravel() for s, r in zip(sources, references, strict=True)])
    assert mse.against[LAST_VALUE] == pytest.approx((last**2).mean())
    assert mae.against[LAST_VALUE] == pytest.approx(np.abs(last).mean())
    for score in (mse, mae, mase):
        assert score.low is not None
        assert score.high is not None
        assert score.low < score.value < score.high
        assert not score.higher_is_better


def test_repeating_the_last_value_is_as_good_as_itself() -> None:
    sources, references = [[1.0, 3.0, 2.0], [0.0, 4.0]], [[5.0, 1.0], [2.0]]
    answers = texts([2.0, 2.0], [4.0])
    for score in measure(
        ["mse", "mae", "mase"], answers, [texts(each) for each in references], sources=texts(*sources)
    ):
        assert score.value == pytest.approx(score.against[LAST_VALUE])


def test_who_is_shorter_stands_still() -> None:
    [score] = measure(["mae"], texts([1.0, 2.0], [0.0, 0.0, 0.0]), [texts([1.0, 3.0, 4.0]), texts([1.0])])
    assert score.value == pytest.approx((0 + 1 + 2 + 1 + 1 + 1) / 6)
    assert score.against == {}


def test_a_channel_that_stands_still_has_no_unit() -> None:
    source, reference, answer = [[1.0, 0.0], [1.0, 2.0]], [[3.0, 1.0]], [[9.0, 2.0]]
    [score] = measure(["mase"], texts(answer), [texts(reference)], sources=texts(source))
    assert score.value == pytest.approx(1 / 2)
    assert score.details == {"channels without a unit": 1}


def test_a_text_is_no_last_value() -> None:
    [score] = measure(["mse"], texts([1.0]), [texts([2.0])], sources=["up and down"])
    assert score.against == {}


def test_a_score_shows_what_it_is_against() -> None:
    [score] = measure(["mae"], texts([0.25]), [texts([0.5])], sources=texts([0.0]))
    assert str(score).startswith(f"MAE 0.25, {LAST_VALUE} 0.5 (nrefs:1|over:numbers|lengths:held|")


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

"""Forecasts: series of any height read alike, shown in their own units, beside the simplest forecasts."""

from __future__ import annotations

import json

import pytest

from seqloom.core.errors import DataError
from seqloom.data.rows import Row
from seqloom.tasks import Answered, Task
from seqloom.tasks.forecast import LAST_VALUE, ForecastSettings


def task(**settings: object) -> Task:
    return ForecastSettings(**settings).build({})  # type: ignore[arg-type]


def row(source: object, target: object = None) -> Row:
    return Row(source=json.dumps(source), targets=() if target is None else (json.dumps(target),))


def test_series_of_other_heights_are_read_alike_and_shown_as_they_are() -> None:
    low, high = row([1.0, 2.0, 3.0], [4.0, 5.0]), row([1000.0, 2000.0, 3000.0], [4000.0, 5000.0])
    one, other = task().read(low), task().read(high)
    assert json.loads(one.source) == pytest.approx(json.loads(other.source))
    assert json.loads(one.targets[0]) == pytest.approx(json.loads(other.targets[0]))
    assert json.loads(task().show(high, one.targets[0]).text) == pytest.approx([4000, 5000], rel=1e-5)
    assert task(scale="none").read(low).source == low.source


def test_each_channel_has_a_height_of_its_own() -> None:
    two = row([[1.0, 100.0], [3.0, 300.0]], [[5.0, 500.0]])
    read = task().read(two)
    assert json.loads(read.source) == [[-1.0, -1.0], [1.0, 1.0]]
    assert json.loads(task().show(two, read.targets[0]).text) == [[5.0, 500.0]]


@pytest.mark.parametrize("scale", ["series", "none"])
def test_a_series_that_no_model_can_compute_with_is_refused(scale: str) -> None:
    with pytest.raises(DataError, match="at most, but has a larger one"):
        task(scale=scale).read(row([1e308, -1e308]))


def test_a_series_that_stands_still_can_be_read() -> None:
    still = row([7.0, 7.0, 7.0], [7.0])
    assert json.loads(task().read(still).source) == [0.0, 0.0, 0.0]
    assert json.loads(task().show(still, "[0.0]").text) == [7.0]
    zero = row([0.0, 0.0], [0.5])
    assert json.loads(task().read(zero).targets[0]) == [0.5]


def test_the_simplest_forecasts_repeat_what_was_seen_last() -> None:
    asked = row([9.0, 1.0, 2.0, 3.0], [0.0] * 5)
    baselines = task(season=3).baselines
    assert baselines[LAST_VALUE](asked) == ["[3.0, 3.0, 3.0, 3.0, 3.0]"]
    assert baselines["repeating the last 3"](asked) == ["[1.0, 2.0, 3.0, 1.0, 2.0]"]
    assert list(task().baselines) == [LAST_VALUE]


def test_quantiles_are_scored_where_there_are_any() -> None:
    asked = row([1.0, 2.0], [3.0, 4.0])
    bare = Answered(row=asked, texts=("[3.0, 4.0]",))
    assert task().scores([bare]) == []
    told = Answered(row=asked, texts=bare.texts, quantiles={"10": "[2.5, 5.0]", "90": "[3.5, 6.0]"})
    pinball, coverage = task().scores([told])
    assert coverage.value == 50
    assert pinball.value == pytest.approx((0.1 * 0.5 + 0.1 * 0.5 + 0.9 * 1.0 + 0.1 * 2.0) / 4)


def test_what_is_no_series_is_refused_in_a_line() -> None:
    with pytest.raises(DataError, match="expected a series of numbers"):
        task().read(Row(source="up and down"))

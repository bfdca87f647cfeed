"""The rate at each step."""

import math

import pytest

from seqloom.training.schedules import Schedule, ScheduleName


@pytest.mark.parametrize(
    ("name", "at_10", "at_55", "at_100"),
    [
        ("constant", 1.0, 1.0, 1.0),
        ("linear", 1.0, 0.5, 0.0),
        ("cosine", 1.0, 0.5, 0.0),
        ("inverse_root", 1.0, math.sqrt(10 / 55), math.sqrt(10 / 100)),
    ],
)
def test_values(name: ScheduleName, at_10: float, at_55: float, at_100: float) -> None:
    schedule = Schedule(name=name, warmup=10, steps=100)
    assert [schedule(1), schedule(5)] == pytest.approx([0.1, 0.5])
    assert [schedule(10), schedule(55), schedule(100)] == pytest.approx([at_10, at_55, at_100])


@pytest.mark.parametrize("name", ["constant", "linear", "cosine", "inverse_root"])
def test_never_above_one_nor_below_zero(name: ScheduleName) -> None:
    for warmup in (0, 1, 7):
        schedule = Schedule(name=name, warmup=warmup, steps=20)
        assert all(0 <= schedule(step) <= 1 for step in range(1, 40))

"""Points as measuring would make them."""

from __future__ import annotations

from typing import Any

from seqloom.export.bench.form import Form
from seqloom.export.bench.points import Point
from seqloom.export.bench.turn import Told
from seqloom.metrics.score import Comparison, Score


def told(rate: float = 100.0, **more: Any) -> Told:
    data: dict[str, Any] = {
        "answers": ["a"] * 10, "unanswered": 0, "searched": "greedy", "seconds": 10 / rate,
        "alone": [0.010, 0.020, 0.030], "cold": 1.5, "memory": 200.0, "others": 0.0,
    }  # fmt: skip
    return Told(**{**data, **more})


def score(value: float, **more: Any) -> Score:
    data: dict[str, Any] = {
        "name": "BLEU", "value": value, "low": value - 2, "high": value + 2, "signature": "tok:13a",
        "higher_is_better": True,
    }  # fmt: skip
    return Score(**{**data, **more})


def point(
    form: str, quality: float, *rates: float, model: str = "m", disk: float = 10.0, scored: Any = None, **more: Any
) -> Point:
    return Point(
        model=model,
        form=Form.read(form),
        beam=1,
        searched="greedy",
        disk=disk,
        scores=(score(quality, **(scored or {})),),
        rounds=tuple(told(rate, **more) for rate in rates),
    )


def no_chance(one: Point, other: Point) -> Comparison:
    """A difference of which the sentences are sure."""
    return difference(one, other, spread=0.01)


def chance(one: Point, other: Point) -> Comparison:
    return difference(one, other, spread=100.0)


def difference(one: Point, other: Point, *, spread: float) -> Comparison:
    gap = other.quality - one.quality
    first, second = one.scores[0], other.scores[0]
    return Comparison(first=first, second=second, difference=gap, low=gap - spread, high=gap + spread, p=0.25)

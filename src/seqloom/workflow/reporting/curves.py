"""What a run's log says, as curves."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from seqloom.pages import Block, Line, Lines, Prose, SideBySide

__all__ = ["curves_of", "read_log"]

_POINTS = 160
"""Of a curve: more are put together, for nobody sees them."""
_CHARTS = 8
"""Of validations: each metric has one."""
_LIKELIHOODS = ("perplexity", "loss")

Logged = Mapping[str, Any]


def read_log(path: Path) -> list[Logged]:
    """The lines that are whole: a killed run may have left half a one."""
    if not path.is_file():
        return []
    found: list[Logged] = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            read = json.loads(line)
        except ValueError:
            continue
        if isinstance(read, dict) and "event" in read and "step" in read:
            found.append(read)
    return found


def curves_of(log: Sequence[Logged]) -> list[Block]:
    """The loss, the validation's metrics, the rate and the speed; nothing where there is too little to draw."""
    steps = [line for line in log if line["event"] == "step"]
    validations = [line for line in log if line["event"] == "validation"]
    charts = [
        _losses(steps, validations),
        *_metrics(validations, marks=_marks(log)),
        _chart("Learning rate", "rate", [_line("rate", steps, _of("rate"))]),
        _speed(steps),
    ]
    drawn: list[Block] = [chart for chart in charts if chart is not None]
    return [SideBySide(blocks=drawn)] if drawn else [Prose(text="The run ended before there was anything to draw.")]


def _losses(steps: Sequence[Logged], validations: Sequence[Logged]) -> Lines | None:
    """A token's, of both: the logarithm of a perplexity is the loss that it is made of."""
    lines = [
        _line("training", steps, _of("smoothed")),
        _line("validation", validations, lambda line: _loss(line.get("scores", {}))),
    ]
    parts = sorted({key for line in steps for key in line if key.startswith("loss_")})
    lines += [_line(f"its part {key.removeprefix('loss_')}", steps, _of(key)) for key in parts[:4]]
    return _chart("Loss", "loss of a token", lines)


def _loss(scores: Mapping[str, Any]) -> float | None:
    if isinstance(perplexity := scores.get("perplexity"), int | float) and perplexity > 0:
        return math.log(perplexity)
    return scores.get("loss")


def _metrics(validations: Sequence[Logged], *, marks: Mapping[str, float]) -> Iterator[Lines | None]:
    names = dict.fromkeys(name for line in validations for name in line.get("scores", {}))
    shown = [name for name in names if not name.endswith(_LIKELIHOODS)][:_CHARTS]
    for place, name in enumerate(shown):
        points = [{"step": line["step"], name: line.get("scores", {}).get(name)} for line in validations]
        yield _chart(f"Validation: {name}", name, [_line(name, points, _of(name))], marks={} if place else marks)


def _marks(log: Sequence[Logged]) -> dict[str, float]:
    """The step that was best, where that is known."""
    best = [line["step"] for line in log if line["event"] == "validation" and line.get("best")]
    return {"best": best[-1]} if best else {}


def _speed(steps: Sequence[Logged]) -> Lines | None:
    """Target tokens a second, pauses left out: a logged step stands for those since the one before."""
    points = []
    for before, line in pairwise(steps):
        took, made = line["seconds"] - before["seconds"], line["step"] - before["step"]
        if took > 0 and made > 0:
            points.append({"step": line["step"], "speed": line["tokens"] * made / took})
    return _chart("Speed", "target tokens a second", [_line("speed", points, _of("speed"))], from_zero=True)


def _of(key: str) -> Callable[[Logged], Any]:
    return lambda line: line.get(key)


def _line(name: str, lines: Sequence[Logged], value_of: Callable[[Logged], Any]) -> Line:
    points = [
        (float(line["step"]), float(value))
        for line in lines
        if isinstance(value := value_of(line), int | float) and math.isfinite(value)
    ]
    together = max(1, math.ceil(len(points) / _POINTS))
    parts = [points[start : start + together] for start in range(0, len(points), together)]
    return Line(
        name=name,
        x=[part[-1][0] for part in parts],
        y=[float(f"{sum(value for _, value in part) / len(part):.5g}") for part in parts],
    )


def _chart(
    title: str, unit: str, lines: Sequence[Line], *, marks: Mapping[str, float] | None = None, from_zero: bool = False
) -> Lines | None:
    drawn = [line for line in lines if line.x]
    if not drawn:
        return None
    said = "; ".join(f"{line.name} from {line.y[0]:g} to {line.y[-1]:g}" for line in drawn)
    return Lines(
        caption=title,
        alt=f"{title} by step: {said}",
        lines=drawn,
        x="step",
        y=unit,
        marks=marks or {},
        from_zero=from_zero,
    )

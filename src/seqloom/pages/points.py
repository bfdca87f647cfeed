"""Points on a plane, with names beside those that have room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqloom.pages.axes import label, picture
from seqloom.pages.letters import LETTER, letters, seen
from seqloom.pages.markup import Html, element, joined, prose

__all__ = ["Point", "Points"]

_WIDTH, _HEIGHT, _EDGE, _LINE = 720, 460, 26, 13


@dataclass(frozen=True, kw_only=True)
class Point:
    name: str
    x: float
    y: float
    weight: float = 1.0
    """From 0 to 1: how large it is drawn."""


@dataclass(frozen=True, kw_only=True)
class Points:
    """What lies near what. The directions mean nothing by themselves, so there are no axes."""

    caption: str
    alt: str
    points: Sequence[Point]
    """Those that come first are named first."""

    def html(self) -> Html:
        inside = [element("figcaption", prose(self.caption)), self.picture()]
        return element("figure", joined(inside), {"class": "chart"})

    def picture(self) -> Html:
        low_x, high_x = _ends([each.x for each in self.points])
        low_y, high_y = _ends([each.y for each in self.points])
        dots, names, taken = [], [], list[tuple[float, float, float, float]]()
        for each in self.points:
            x = _EDGE + (each.x - low_x) / (high_x - low_x) * (_WIDTH - 2 * _EDGE - 40)
            y = _HEIGHT - _EDGE - (each.y - low_y) / (high_y - low_y) * (_HEIGHT - 2 * _EDGE)
            radius = 1.6 + 3 * each.weight
            place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{radius:.1f}"}
            dots.append(element("circle", Html(""), {**place, "class": "dot c1", "fill-opacity": "0.55"}))
            name = seen(each.name)
            box = (x + radius + 3, y - _LINE / 2, x + radius + 5 + LETTER * letters(name), y + _LINE / 2)
            if not any(_meet(box, other) for other in taken):
                taken.append(box)
                names.append(label(box[0], y + 4, name, kind="said"))
        return picture(joined([*dots, *names]), width=_WIDTH, height=_HEIGHT, alt=self.alt)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

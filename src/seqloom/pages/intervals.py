"""Values with how sure they are, a line each, beside the value that would mean nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqloom.pages.axes import Axis, label, path, picture
from seqloom.pages.blocks import Column, Details, Table
from seqloom.pages.markup import Html, element, joined, number, prose

__all__ = ["Interval", "Intervals"]

_ROW, _WIDTH, _FOOT = 30, 720, 46


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A value and the ends of its interval."""

    name: str
    value: float
    low: float
    high: float
    shown: str = ""
    """What stands beside it in place of its bare value."""


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Differences, from the top, and an upright line at none."""

    caption: str
    alt: str
    intervals: Sequence[Interval]
    x: str
    sides: tuple[str, str] = ("", "")
    """What it means to lie left or right of the line."""

    def html(self) -> Html:
        left = 20 + round(7.4 * max(len(each.name) for each in self.intervals))
        right = _WIDTH - 20 - round(7.0 * max(len(self._shown(each)) for each in self.intervals))
        low = min(0.0, *(each.low for each in self.intervals))
        high = max(0.0, *(each.high for each in self.intervals))
        room = 0.06 * ((high - low) or 1.0)
        axis = Axis(low - room, high + room, self.x)
        top, floor = 26, 26 + _ROW * len(self.intervals)

        def across(value: float) -> float:
            return round(left + axis.place(value) * (right - left), 1)

        drawn = [path(f"M{left} {floor}H{right}", "axis")]
        for tick in axis.ticks:
            drawn += [
                path(f"M{across(tick):g} {floor}v5", "tick"),
                label(across(tick), floor + 19, number(tick), side="middle"),
            ]
        drawn.append(path(f"M{across(0):g} {top - 6}V{floor}", "mark"))
        drawn.append(label(left, 14, self.sides[0] and f"← {self.sides[0]}", kind="title"))
        drawn.append(label(right, 14, self.sides[1] and f"{self.sides[1]} →", side="end", kind="title"))
        for place, each in enumerate(self.intervals):
            at = top + _ROW * (place + 0.5)
            drawn += [
                label(left - 14, at + 4, each.name, side="end"),
                path(
                    f"M{across(each.low):g} {at - 5:g}v10M{across(each.low):g} {at:g}H{across(each.high):g}m0 -5v10",
                    "whisker c1",
                ),
                element(
                    "circle", Html(""), {"cx": f"{across(each.value):g}", "cy": f"{at:g}", "r": 5, "class": "dot c1"}
                ),
                label(right + 14, at + 4, self._shown(each)),
            ]
        drawn.append(label((left + right) / 2, floor + _FOOT - 8, self.x, side="middle", kind="title"))
        shown = picture(joined(drawn), width=_WIDTH, height=floor + _FOOT, alt=self.alt)
        inside = [
            element("figcaption", prose(self.caption)),
            shown,
            Details(summary="The figures", blocks=[self._table()]).html(),
        ]
        return element("figure", joined(inside), {"class": "chart"})

    def _shown(self, each: Interval) -> str:
        return each.shown or number(each.value)

    def _table(self) -> Table:
        columns = [
            Column(title="", kind="name"),
            *(Column(title=each, kind="number") for each in (self.x, "from", "to")),
        ]
        return Table(
            caption=self.caption,
            columns=columns,
            rows=[[each.name, each.value, each.low, each.high] for each in self.intervals],
        )

"""The frame of a plot: from values to places, ticks at round numbers, grid and labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from seqloom.pages.markup import Html, element, escaped, joined, number

__all__ = ["Axis", "Frame", "label", "path", "picture", "steps"]

_TICKS = 6


def steps(low: float, high: float, *, most: int = _TICKS) -> list[float]:
    """Round numbers from low to high: 1, 2 or 5 of some power of ten apart."""
    if high <= low:
        return [low]
    rough = (high - low) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(step * place, 12) for place in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True)
class Axis:
    """Values along one direction."""

    low: float
    high: float
    title: str = ""
    logarithmic: bool = False
    write: Callable[[float], str] = number

    def place(self, value: float) -> float:
        """From 0 at the low end to 1 at the high one."""
        low, high, value = (self._scaled(each) for each in (self.low, self.high, value))
        return (value - low) / (high - low) if high > low else 0.5

    @cached_property
    def ticks(self) -> list[float]:
        if not self.logarithmic:
            return steps(self.low, self.high)
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        several = (1, 2, 5) if len(powers) <= 3 else (1,)
        found = [each * 10.0**power for power in powers for each in several]
        return [each for each in found if self.low * 0.999 <= each <= self.high * 1.001]

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, self.low)) if self.logarithmic else value


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where a plot is drawn: its size with what stands around it, in the picture's own units."""

    x: Axis
    y: Axis
    width: int = 480
    height: int = 250
    left: int = 54
    right: int = 14
    top: int = 30
    bottom: int = 44

    def across(self, value: float) -> float:
        return round(self.left + self.x.place(value) * (self.width - self.left - self.right), 1)

    def up(self, value: float) -> float:
        return round(self.height - self.bottom - self.y.place(value) * (self.height - self.bottom - self.top), 1)

    @property
    def floor(self) -> int:
        return self.height - self.bottom

    def html(self) -> Html:
        """The grid, the ticks and the titles: what is drawn first."""
        parts: list[Html] = []
        for tick in self.y.ticks:
            place = self.up(tick)
            parts.append(_line(self.left, place, self.width - self.right, place, "grid"))
            parts.append(label(self.left - 8, place + 4, self.y.write(tick), side="end"))
        for tick in self.x.ticks:
            place = self.across(tick)
            parts.append(_line(place, self.floor, place, self.floor + 5, "tick"))
            parts.append(label(place, self.floor + 19, self.x.write(tick), side="middle"))
        parts.append(_line(self.left, self.floor, self.width - self.right, self.floor, "axis"))
        middle = (self.left + self.width - self.right) / 2
        parts.append(label(middle, self.height - 6, self.x.title, side="middle", kind="title"))
        parts.append(label(4, 14, self.y.title, kind="title"))
        return joined(parts)

    def picture(self, inside: Sequence[Html], *, alt: str) -> Html:
        """The whole as a picture that is read out as ``alt``."""
        drawn = joined([self.html(), *inside])
        return picture(drawn, width=self.width, height=self.height, alt=alt)


def picture(drawn: Html, *, width: int, height: int, alt: str) -> Html:
    given = {"viewBox": f"0 0 {width} {height}", "width": width, "role": "img", "aria-label": alt}
    return element("svg", drawn, given)


def label(x: float, y: float, text: str, *, side: str = "start", kind: str | None = None) -> Html:
    if not text:
        return Html("")
    return element("text", escaped(text), {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": side, "class": kind})


def path(points: str, kind: str) -> Html:
    """A line or an area, by SVG's own commands."""
    return element("path", Html(""), {"d": points, "class": kind})


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Html:
    return path(f"M{x1:g} {y1:g}L{x2:g} {y2:g}", kind)

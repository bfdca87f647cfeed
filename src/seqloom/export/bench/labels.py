"""Names beside marks, none of them over another: where each stands, in points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Box", "Label", "placed"]

_RINGS = (3.0, 10.0, 20.0, 32.0, 46.0, 62.0, 80.0, 100.0)
"""How far a name may stand from its mark."""
_ANGLES = (0, 180, 90, 270, 45, 315, 135, 225, 20, 340, 160, 200, 65, 295, 115, 245)
"""In the order in which they are tried: beside the mark before over it."""
_SPACE = 1.5
"""Between two names."""

_Line: TypeAlias = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Box:
    """A rectangle, from its lower left corner."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def holds(self, other: Box) -> bool:
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )

    def wider(self, space: float) -> Box:
        return Box(self.x - space, self.y - space, self.width + 2 * space, self.height + 2 * space)

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """The place of it that is nearest to another."""
        return min(max(x, self.x), self.x + self.width), min(max(y, self.y), self.y + self.height)


@dataclass(frozen=True, kw_only=True)
class Label:
    """A name to be placed: its mark is round."""

    x: float
    y: float
    radius: float
    width: float
    height: float

    @property
    def mark(self) -> Box:
        return Box(self.x - self.radius, self.y - self.radius, 2 * self.radius, 2 * self.radius)

    def at(self, distance: float, degrees: float) -> Box:
        """The box that touches a circle around the mark on that side."""
        across, up = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        x = self.x + (self.radius + distance) * across + self.width / 2 * _sign(across)
        y = self.y + (self.radius + distance) * up + self.height / 2 * _sign(up)
        return Box(x - self.width / 2, y - self.height / 2, self.width, self.height)


def placed(labels: Sequence[Label], *, within: Box, obstacles: Sequence[Box] = ()) -> list[Box | None]:
    """A place for each, the first first; None where all are taken. No name covers a mark, another's line, or what else
    is drawn there."""
    marks = [each.mark for each in labels]
    taken: list[Box] = []
    lines: list[_Line] = []
    found: list[Box | None] = []
    for number, label in enumerate(labels):
        others = [*taken, *(mark for place, mark in enumerate(marks) if place != number)]
        box = next(
            (
                each
                for distance in _RINGS
                for angle in _ANGLES
                if within.holds(each := label.at(distance, angle))
                and not any(each.wider(_SPACE).meets(other) for other in [*others, label.mark, *obstacles])
                and not any(_crosses(line, each) for line in lines)
                and not any(_crosses(((label.x, label.y), each.nearest(label.x, label.y)), other) for other in others)
            ),
            None,
        )
        if box is not None:
            taken.append(box)
            lines.append(((label.x, label.y), box.nearest(label.x, label.y)))
        found.append(box)
    return found


def _sign(value: float) -> float:
    return 0.0 if abs(value) < 0.3 else math.copysign(1.0, value)


def _crosses(line: _Line, box: Box) -> bool:
    """Whether a line goes through a box: a stretch of it is within both its columns and its rows (Liang & Barsky)."""
    (x, y), (to_x, to_y) = line
    begins, ends = 0.0, 1.0
    for at, way, low, size in ((x, to_x - x, box.x, box.width), (y, to_y - y, box.y, box.height)):
        if way == 0:
            if not low < at < low + size:
                return False
            continue
        one, other = sorted(((low - at) / way, (low + size - at) / way))
        begins, ends = max(begins, one), min(ends, other)
    return begins < ends

"""Which point to take, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from seqloom.export.bench.points import Point
from seqloom.metrics.score import Comparison as Difference

__all__ = ["Advice", "advice_on"]

_NEAR, _NEAR_SHARE = 0.3, 0.01
"""How much worse than the best is still as good: points of a percentage; of any other value, this share."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Which points to take."""

    best: Point
    fastest: Point
    """Of those that are nearly as good as the best."""
    smallest: Point
    """On disk, of the same; of equals the one with less memory."""
    near: float
    """How much worse than the best that may be."""
    several: bool
    """Whether there are several models to tell apart."""
    perhaps: Point | None = None
    """A faster one that is worse by more, as far as the sentences tell; they are too few to tell."""
    difference: Difference | None = None
    """By how much."""

    def __str__(self) -> str:
        score, other = self.best.scores[0], self.fastest.scores[0]
        if self.fastest is self.best:
            how = f"the best {score.name} ({score.shown(score.value)}), and the fastest within {score.shown(self.near)}"
        else:
            how = (
                f"the fastest within {score.shown(self.near)} of the best {score.name} ({other.shown(other.value)}; "
                f"{self._named(self.best)} has {score.shown(score.value)})"
            )
        small = "it is the smallest of these, too" if self.fastest is self.smallest else self._named(self.smallest)
        small = small if self.fastest is self.smallest else f"the smallest of these is {small}"
        return (
            f"Take {self._named(self.fastest)}: {how}, {self.fastest.rate:,.1f} sentences a second; {small} "
            f"({self.smallest.disk:,.1f} MB on disk, {self.smallest.memory:,.0f} MB of memory)."
        )

    @property
    def doubt(self) -> str | None:
        """What the sentences are too few to tell, as one line."""
        if self.perhaps is None or self.difference is None:
            return None
        gap = self.best.scores[0].shown(abs(self.difference.difference))
        return (
            f"{self._named(self.perhaps)} ({self.perhaps.rate:,.1f} a second) may be as good: that it is {gap} worse "
            f"may be chance (p = {self.difference.p:.2f}). More `--sentences` tell."
        )

    def _named(self, point: Point) -> str:
        return f"{point.model}, {point.name}" if self.several else point.name

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        named = {"best": self.best, "fastest": self.fastest, "smallest": self.smallest, "perhaps": self.perhaps}
        return {
            "within": self.near,
            **{
                name: None if each is None else {"model": each.model, "form": str(each.form), "beam": each.beam}
                for name, each in named.items()
            },
            "difference": None if self.difference is None else self.difference.to_data(),
            "says": str(self),
        }


def advice_on(points: Sequence[Point], *, compare: Callable[[Point, Point], Difference]) -> Advice:
    """The fastest and the smallest of those that are nearly as good as the best; ``compare`` tells chance from more."""
    best = max(points, key=lambda each: (each.quality, each.rate))
    score = best.scores[0]
    near = _NEAR if score.digits is not None else _NEAR_SHARE * abs(score.value)
    good = [each for each in points if each.quality >= best.quality - near]
    fastest = max(good, key=lambda each: each.rate)
    perhaps, difference = _in_doubt(points, best, fastest, compare)
    return Advice(
        best=best,
        fastest=fastest,
        smallest=min(good, key=lambda each: (each.disk, each.memory)),
        near=near,
        several=len({each.model for each in points}) > 1,
        perhaps=perhaps,
        difference=difference,
    )


def _in_doubt(
    points: Sequence[Point], best: Point, fastest: Point, compare: Callable[[Point, Point], Difference]
) -> tuple[Point, Difference] | tuple[None, None]:
    """The fastest of those whose answers may be no worse than the best's."""
    for each in sorted(points, key=lambda each: -each.rate):
        if each.rate <= fastest.rate:
            break
        found = compare(best, each)
        if found.low <= 0 <= found.high:
            return each, found
    return None, None

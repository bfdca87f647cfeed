"""A form, searched in one way, as a point: what its answers are worth, and what they take."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqloom.export.bench.form import Form
from seqloom.export.bench.turn import Told
from seqloom.metrics.score import Score

__all__ = ["Advice", "Point", "advice_on", "front_of"]

_NEAR, _NEAR_SHARE = 0.3, 0.01
"""How much worse than the best is still as good: points of a percentage; of any other value, this share."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """A model's form with a width of the search, and what its rounds told."""

    model: str
    form: Form
    beam: int
    searched: str
    """How, in words."""
    disk: float
    """Megabytes."""
    scores: tuple[Score, ...]
    """The first one is its quality."""
    rounds: tuple[Told, ...]

    @property
    def name(self) -> str:
        return f"{self.form}, {self.searched}"

    @property
    def rates(self) -> list[float]:
        """Sentences a second, round by round."""
        return [len(each.answers) / each.seconds for each in self.rounds]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def latency(self) -> float:
        """Milliseconds of a sentence that comes alone, the median."""
        return 1000 * statistics.median(self._alone)

    @property
    def slow(self) -> float:
        """The same of one in twenty, at least."""
        return 1000 * float(np.quantile(self._alone, 0.95))

    @property
    def cold(self) -> float:
        """Seconds from the start of the process to its first answer."""
        return statistics.median(each.cold for each in self.rounds)

    @property
    def memory(self) -> float:
        """Megabytes at most; 0 where the system does not tell."""
        return max(each.memory for each in self.rounds)

    @property
    def unanswered(self) -> int:
        return self.rounds[0].unanswered

    @property
    def quality(self) -> float:
        """More is better."""
        score = self.scores[0]
        return score.value if score.higher_is_better else -score.value

    @property
    def _alone(self) -> list[float]:
        return [seconds for each in self.rounds for seconds in each.alone]

    def to_data(self, *, front: bool) -> dict[str, Any]:
        """For JSON."""
        return {
            "model": self.model,
            "form": str(self.form),
            "search": self.searched,
            "beam": self.beam,
            "scores": [each.to_data() for each in self.scores],
            "unanswered": self.unanswered,
            "sentences_per_second": {"median": self.rate, "rounds": self.rates},
            "milliseconds_alone": {"median": self.latency, "p95": self.slow},
            "cold_start_seconds": self.cold,
            "memory_megabytes": self.memory,
            "disk_megabytes": self.disk,
            "front": front,
        }


def front_of(points: Sequence[Point]) -> list[Point]:
    """Those that nobody beats in both quality and speed (Pareto's front), the fastest first."""
    ordered = sorted(points, key=lambda each: (-each.rate, -each.quality))
    return [
        each for place, each in enumerate(ordered) if all(faster.quality < each.quality for faster in ordered[:place])
    ]


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

    def __str__(self) -> str:
        score = self.best.scores[0]
        fastest = self.fastest.scores[0]
        how = f"{score.name} {fastest.shown(fastest.value)}"
        if self.fastest is self.best:
            how += ", the best"
        else:
            how += (
                f", within {score.shown(self.near)} of the best ({score.shown(score.value)}, {self._named(self.best)})"
            )
        if self.smallest is self.fastest:
            small = "the smallest of those, too"
        else:
            small = f"or {self._named(self.smallest)}, the smallest of those"
        return (
            f"Take {self._named(self.fastest)}, the fastest ({self.fastest.rate:,.1f} sentences a second, {how}); "
            f"{small} ({self.smallest.disk:,.1f} MB on disk, {self.smallest.memory:,.0f} MB of memory)."
        )

    def _named(self, point: Point) -> str:
        return f"{point.model}, {point.name}" if self.several else point.name

    @property
    def _all(self) -> tuple[Point, ...]:
        return (self.best, self.fastest, self.smallest)

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        names = ("best", "fastest", "smallest")
        return {
            "within": self.near,
            **{
                name: {"model": each.model, "form": str(each.form), "beam": each.beam}
                for name, each in zip(names, self._all, strict=True)
            },
            "says": str(self),
        }


def advice_on(points: Sequence[Point]) -> Advice:
    """The fastest and the smallest of those that are nearly as good as the best."""
    best = max(points, key=lambda each: (each.quality, each.rate))
    score = best.scores[0]
    near = _NEAR if score.digits is not None else _NEAR_SHARE * abs(score.value)
    good = [each for each in points if each.quality >= best.quality - near]
    return Advice(
        best=best,
        fastest=max(good, key=lambda each: each.rate),
        smallest=min(good, key=lambda each: (each.disk, each.memory)),
        near=near,
        several=len({each.model for each in points}) > 1,
    )

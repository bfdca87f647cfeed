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

__all__ = ["Point", "front_of"]


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

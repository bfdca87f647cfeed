"""What a validation says, and what is made of it: the best so far, patience, and a rate that waits for a plateau."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.training.schedules import PlateauScheduleSettings

__all__ = ["Scoreboard", "Validate", "Validation"]


@dataclass(frozen=True, kw_only=True)
class Validation:
    """What the model reached on pairs that it does not learn from."""

    score: float
    """What the best is chosen by."""
    higher_is_better: bool
    scores: Mapping[str, float] = field(default_factory=dict)
    """All that was measured, by name."""
    samples: Any = None
    """Whatever the caller wants to show; it passes through."""

    def beats(self, other: float | None) -> bool:
        if other is None:
            return self.score == self.score  # what is not a number beats nothing
        return self.score > other if self.higher_is_better else self.score < other


Validate = Callable[[EncoderDecoder], Validation]
"""Called in evaluation mode and without gradients, between two steps; it may decode, and draw random numbers."""


@dataclass(kw_only=True)
class Scoreboard:
    """All validations of a run, as they follow on each other."""

    best: float | None = None
    best_step: int | None = None
    since_best: int = 0
    """Validations since the best."""
    factor: float = 1.0
    """What the plateaus have left of the rate."""
    since_cut: int = 0
    """Validations since the best or since the rate was cut."""
    history: list[dict[str, Any]] = field(default_factory=list)

    def see(self, validation: Validation, *, step: int, epoch: float, schedule: object) -> bool:
        """Take in a validation; whether it is the best so far."""
        best = validation.beats(self.best)
        if best:
            self.best, self.best_step, self.since_best, self.since_cut = validation.score, step, 0, 0
        else:
            self.since_best += 1
            self.since_cut += 1
        if isinstance(schedule, PlateauScheduleSettings) and self.since_cut > schedule.patience:
            self.factor = max(schedule.lowest, self.factor * schedule.factor)
            self.since_cut = 0
        self.history.append(
            {"step": step, "epoch": epoch, "score": validation.score, "scores": dict(validation.scores), "best": best}
        )
        return best

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)

"""What a run tells of itself, as it happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seqloom.training.loop import Progress
from seqloom.training.validation import Validation

__all__ = ["Chosen", "Event", "Recovered", "Saved", "Stepped", "StopReason", "Stopped", "Validated"]

StopReason = Literal["steps", "patience", "interrupted"]
Chosen = Literal["last", "best", "average"]
"""Of all weights that a run had, those that its model has in the end."""


@dataclass(frozen=True, kw_only=True)
class Stepped:
    """A step was made."""

    progress: Progress
    smoothed: float
    """The running mean of the loss."""
    epoch: float
    seconds: float
    """Of the training so far, pauses left out."""


@dataclass(frozen=True, kw_only=True)
class Validated:
    """The model was validated."""

    step: int
    epoch: float
    validation: Validation
    best: bool
    """Whether no earlier one was as good."""
    seconds: float
    """That it took."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A checkpoint is on disk, whole."""

    step: int
    path: Path


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """The loss was lost; the run goes on from the last good weights, with other data and a lower rate."""

    step: int
    """The one that was lost."""
    restored: int
    """The step whose weights it has again."""
    what: str
    """What was found, in one line."""
    factor: float
    """What all recoveries have left of the rate."""


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """The run has ended."""

    step: int
    reason: StopReason
    chosen: Chosen
    best: float | None
    """The best score of a validation, that of the average included."""
    best_step: int | None


Event = Stepped | Validated | Saved | Recovered | Stopped

"""How long a run is to be. Made once, at its beginning, and kept in every checkpoint."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Plan", "steps_between_validations"]

_FEWEST, _MOST = 10, 50


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will do."""

    steps: int
    validate_every: int
    """Steps."""
    epochs: float
    """That the steps come to."""
    step_seconds: float | None = None
    """A step took, when it was timed; None: nothing was."""
    validation_seconds: float | None = None
    save_seconds: float | None = None
    seconds: float | None = None
    """That all of it will take from here."""
    peak_bytes: int | None = None
    """Of memory that it took at most, the GPU's where it trains on one."""

    @property
    def validations(self) -> int:
        return math.ceil(self.steps / self.validate_every)


def steps_between_validations(steps: int, *, steps_per_epoch: float) -> int:
    """About an epoch; more often in a run of few epochs, less often where epochs are short."""
    fewest, most = math.ceil(steps / _MOST), math.ceil(steps / _FEWEST)
    return max(1, fewest, min(most, round(steps_per_epoch)))

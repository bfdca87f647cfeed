"""The rate at each step, as a share of the highest one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from seqloom.core.settings import Count, Fraction, Share

__all__ = ["FixedScheduleSettings", "PlateauScheduleSettings", "Schedule", "ScheduleName", "ScheduleSettings"]

ScheduleName = Literal["constant", "linear", "cosine", "inverse_root"]


@dataclass(frozen=True, kw_only=True)
class FixedScheduleSettings:
    """The schedule."""

    kind: ScheduleName = "cosine"
    """After the warm-up: not at all, in a line or a half cosine to 0 at the last step, or by 1/√step."""


@dataclass(frozen=True, kw_only=True)
class PlateauScheduleSettings:
    """The schedule that waits for a plateau."""

    kind: Literal["plateau"] = "plateau"
    factor: Share = 0.5
    """What the rate is multiplied by when validation finds no better score any more."""
    patience: Count = 2
    """Validations without a better score that are borne before."""
    lowest: Fraction = 0.01
    """The share of the highest rate below which it does not go."""


ScheduleSettings = FixedScheduleSettings | PlateauScheduleSettings


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Up in a straight line for ``warmup`` steps, then as the name says, to the end at ``steps``.

    No state: a run that resumes asks for its step.
    """

    name: ScheduleName
    warmup: int
    steps: int

    def __call__(self, step: int) -> float:
        """The share at a step, the first being 1."""
        if step < self.warmup:
            return step / self.warmup
        if self.name == "constant":
            return 1.0
        if self.name == "inverse_root":  # Vaswani et al. 2017, equation 3
            return math.sqrt(max(1, self.warmup) / step)
        gone = min(1.0, (step - self.warmup) / max(1, self.steps - self.warmup))
        if self.name == "linear":
            return 1 - gone
        return (1 + math.cos(math.pi * gone)) / 2  # Loshchilov & Hutter 2017, equation 5

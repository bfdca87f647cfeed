"""The rate at each step, as a share of the highest one. No state: a run that resumes asks for its step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["Schedule", "ScheduleName"]

ScheduleName = Literal["constant", "linear", "cosine", "inverse_root"]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Up in a straight line for ``warmup`` steps, then as the name says, to the end at ``steps``."""

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

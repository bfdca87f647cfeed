"""What a score is made of: a row of numbers a sentence, and the formula of their sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqloom.core.errors import RecipeError
from seqloom.core.wording import must_be
from seqloom.metrics.bootstrap import Floats, Formula, interval
from seqloom.metrics.score import Score

__all__ = ["Counts", "check_samples", "percent"]

FEWEST_SAMPLES = 40
"""Of fewer resamples no whole one lies outside a 95 % interval."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """A score before it is one: two systems' counts can be compared, and one system's drawn from."""

    name: str
    rows_NK: Floats
    formula: Formula
    signature: str
    """Without the resampling, which `score` adds."""
    higher_is_better: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)
    against: Mapping[str, float] = field(default_factory=dict)
    digits: int | None = 1
    """Both as ``Score`` has them."""

    @property
    def value(self) -> float:
        return float(self.formula(self.rows_NK.sum(0)))

    def score(self, *, samples: int, seed: int) -> Score:
        """The score with its interval, unless ``samples`` is 0 or there is one sentence only."""
        low: float | None = None
        high: float | None = None
        signature = self.signature
        if samples and len(self.rows_NK) > 1:
            low, high = interval(self.rows_NK, self.formula, samples=samples, seed=seed)
            first, _, rest = signature.partition("|")  # where sacreBLEU puts it
            signature = f"{first}|bs:{samples}|seed:{seed}|{rest}"
        return Score(
            name=self.name,
            value=self.value,
            low=low,
            high=high,
            signature=signature,
            higher_is_better=self.higher_is_better,
            details=self.details,
            against=self.against,
            digits=self.digits,
        )


def check_samples(samples: int, *, required: bool = False) -> None:
    """Refuses a number of resamples that makes no interval; unless one is ``required``, 0 is none."""
    if samples < FEWEST_SAMPLES and (required or samples != 0):
        none = "" if required else "0 (no interval) or "
        raise RecipeError(must_be("samples", f"{none}at least {FEWEST_SAMPLES}", samples))


def percent(sums_NK: Floats) -> Floats:
    """The first column's share in the second, in percent; 0 where there is nothing to have a share in."""
    part, whole = sums_NK[..., 0], sums_NK[..., 1]
    return 100 * np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

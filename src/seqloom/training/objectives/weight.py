"""How much an objective counts among the others, step by step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from seqloom.core.settings import Amount, Count
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch, Loss, Objective, Reads, Run, WantedAttention
from seqloom.training.objectives.wants import Wants

__all__ = ["Scaled", "WeightSettings", "combined", "name_of"]


@dataclass(frozen=True, kw_only=True)
class WeightSettings:
    """The weight of an objective."""

    weight: Amount = 1.0
    """What its mean is multiplied by in the sum of all objectives."""
    warmup: Count = 0
    """Steps in which the weight rises to that, in a line from 0."""


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """An objective times its weight: weight · min(1, step / warmup)."""

    objective: Objective
    weight: float
    warmup: int = 0

    @property
    def reads(self) -> Reads:
        return Wants.of([self.objective]).reads

    @property
    def attention(self) -> WantedAttention:
        return Wants.of([self.objective]).attention

    @property
    def terms(self) -> tuple[str, ...]:
        return Wants.of([self.objective]).terms

    def weight_at(self, step: int) -> float:
        return self.weight * min(1.0, step / self.warmup) if self.warmup else self.weight

    def check(self, model: EncoderDecoder) -> None:
        if hasattr(self.objective, "check"):
            self.objective.check(model)

    def count(self, batch: Batch) -> Tensor:
        return self.objective.count(batch)

    def __call__(self, run: Run) -> Loss:
        loss = self.objective(run)
        return Loss(total=self.weight_at(run.step) * loss.total, count=loss.count)


def combined(losses: Sequence[Loss]) -> Tensor:
    """One number: each objective's mean, added up."""
    return sum((loss.total / loss.count for loss in losses[1:]), start=losses[0].total / losses[0].count)


def name_of(objective: Objective) -> str:
    """What a log calls it: its class, in words."""
    named = objective.objective if isinstance(objective, Scaled) else objective
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(named).__name__).lower()

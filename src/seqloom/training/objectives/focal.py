"""Focal loss: what is said rightly and surely counts little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from seqloom.core.settings import Amount
from seqloom.nn.contracts import Batch, Loss, Run
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.weight import WeightSettings

__all__ = ["Focal", "FocalSettings"]

_LEAST = 1e-12
"""Of 1 - p, whose power has no gradient at 0."""


@dataclass(frozen=True, kw_only=True)
class FocalSettings(WeightSettings):
    """The focal loss."""

    kind: Literal["focal"] = "focal"
    gamma: Amount = 2.0
    """How much less counts what is surely right; 0 is cross-entropy."""

    def build(self, targets: Targets) -> Focal:
        targets.check_tokens(self.kind)
        return Focal(gamma=self.gamma)


@dataclass(frozen=True, kw_only=True)
class Focal:
    """Lin et al. 2017, equation 4: -(1 - p)^γ log p of each real target token."""

    gamma: float

    def count(self, batch: Batch) -> Tensor:
        return batch.keep_BT.sum()

    def __call__(self, run: Run) -> Loss:
        keep_BT = run.batch.keep_BT
        logp_P = run.head.logp_of(run.output.pick(keep_BT), run.memory, run.batch.outputs_BT[keep_BT])
        wrong_P = (-torch.expm1(logp_P)).clamp(min=_LEAST)
        return Loss(total=-(wrong_P**self.gamma * logp_P).sum(), count=self.count(run.batch))

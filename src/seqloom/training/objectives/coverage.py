"""Coverage: attention is to leave alone what it has looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from seqloom.nn.contracts import Batch, Loss, Run, WantedAttention
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.wants import attention_of
from seqloom.training.objectives.weight import WeightSettings

__all__ = ["Coverage", "CoverageSettings"]


@dataclass(frozen=True, kw_only=True)
class CoverageSettings(WeightSettings):
    """The coverage loss."""

    kind: Literal["coverage"] = "coverage"

    def build(self, targets: Targets) -> Coverage:
        return Coverage()


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """See et al. 2017, equations 10 and 12: Σ_s min(a_ts, c_ts) at each step, with c_t = Σ_{t' < t} a_t'."""

    attention: ClassVar[WantedAttention] = "one"

    def count(self, batch: Batch) -> Tensor:
        return batch.keep_BT.sum()

    def __call__(self, run: Run) -> Loss:
        attention_BTS = attention_of(run, "coverage")
        covered_BTS = attention_BTS.cumsum(1) - attention_BTS
        again_BT = torch.minimum(attention_BTS, covered_BTS).sum(-1)
        return Loss(total=again_BT[run.batch.keep_BT].sum(), count=self.count(run.batch))

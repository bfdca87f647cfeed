"""The divergence of a variational encoder from its prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Count
from seqloom.nn.contracts import Batch, Loss, Reads, Run
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.weight import WeightSettings

__all__ = ["Kl", "KlSettings"]


@dataclass(frozen=True, kw_only=True)
class KlSettings(WeightSettings):
    """The divergence from the prior."""

    kind: Literal["kl"] = "kl"
    warmup: Count = 1000
    """Steps in which the weight rises to what it is, so that the latent vector is of use before it costs anything
    (Bowman et al. 2016, section 3.1)."""

    def build(self, targets: Targets) -> Kl:
        return Kl()


@dataclass(frozen=True, kw_only=True)
class Kl:
    """KL(q(z | x) ‖ p(z)) of each source, as the encoder leaves it (Kingma & Welling 2014, equation 10)."""

    reads: ClassVar[Reads] = "memory"
    terms: ClassVar[tuple[str, ...]] = ("kl",)

    def count(self, batch: Batch) -> Tensor:
        return torch.tensor(len(batch.target_BT))

    def __call__(self, run: Run) -> Loss:
        kl_B = run.memory.losses.get("kl")
        if kl_B is None:
            raise RecipeError(
                '`training.objectives` "kl" needs an encoder with a latent vector, but this one has none. Put '
                '`{ kind = "latent" }` on top of it, or leave "kl" out.'
            )
        return Loss(total=kl_B.sum(), count=self.count(run.batch))

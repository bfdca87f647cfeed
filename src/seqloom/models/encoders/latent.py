"""The latent encoder: a source becomes a draw from a distribution over vectors, which can be drawn without one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.core.settings import Amount, Positive
from seqloom.models.bridge import summary_BD, summary_width
from seqloom.nn import chance, initial
from seqloom.nn.memory import Encoder, Memory, MemoryShape

__all__ = ["LatentEncoder", "LatentEncoderSettings"]


@dataclass(frozen=True, kw_only=True)
class LatentEncoderSettings:
    """The latent encoder."""

    kind: Literal["latent"] = "latent"
    width: Positive = 32
    """Numbers in the latent vector."""
    free_bits: Amount = 0.0
    """How far, in nats, each of these numbers may move from the prior before that costs anything."""
    slots: Positive = 1
    """Positions of the memory, each made of the whole vector; with several an attention has something to choose."""

    def build(self, *, memory: MemoryShape) -> LatentEncoder:
        return LatentEncoder(self, memory=memory)


class LatentEncoder(Encoder):
    """Kingma & Welling 2014, for sequences as in Bowman et al. 2016: z ~ q(z | x) = N(μ, σ²), prior N(0, 1).

    μ and log σ² are linear in the source's summary. While learning z = μ + σ ε is drawn, else it is μ; the memory is
    made of z alone. ``losses["kl"]`` is Σ_j max(λ, KL_j), where KL_j = (μ_j² + σ_j² - 1 - log σ_j²) / 2 and λ is free
    (Kingma et al. 2016, equation 15; for each source by itself, so that its company changes nothing).
    """

    def __init__(self, settings: LatentEncoderSettings, *, memory: MemoryShape) -> None:
        super().__init__()
        self.latent = settings.width
        self.free = settings.free_bits
        self.slots = settings.slots
        self.posterior = nn.Linear(summary_width(memory), 2 * settings.width)
        self.out = nn.Linear(settings.width, settings.slots * memory.width)
        initial.xavier(self)
        self.shape = MemoryShape(width=memory.width, of_source=False)

    def forward(self, memory: Memory) -> Memory:
        found_BX: Tensor = self.posterior(summary_BD(memory))
        # Half precision is too coarse for a divergence.
        mean_BZ, log_variance_BZ = found_BX.to(torch.promote_types(found_BX.dtype, torch.float32)).chunk(2, -1)
        z_BZ = mean_BZ
        if self.training:
            z_BZ = mean_BZ + torch.exp(log_variance_BZ / 2) * chance.normal(mean_BZ)
        kl_BZ = (mean_BZ**2 + log_variance_BZ.exp() - 1 - log_variance_BZ) / 2
        made = self.imagine(z_BZ.to(found_BX.dtype))
        return replace(made, losses={**memory.losses, "kl": kl_BZ.clamp(min=self.free).sum(-1)})

    def imagine(self, z_BZ: Tensor) -> Memory:
        states_BSD = self.out(z_BZ).unflatten(-1, (self.slots, -1))
        return Memory(states_BSD=states_BSD, mask_BS=states_BSD.new_ones(states_BSD.shape[:2], dtype=torch.bool))

"""The convolutional encoder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import torch
from torch import nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive, Rate, by_kind
from seqloom.nn import initial
from seqloom.nn.convolution import HALF, GatedConvolution, padded
from seqloom.nn.layers import Layers
from seqloom.nn.memory import Encoder, Memory, MemoryShape
from seqloom.nn.positions import AbsolutePositionsSettings, LearnedPositionsSettings

__all__ = ["ConvEncoder", "ConvEncoderSettings"]


@dataclass(frozen=True, kw_only=True)
class ConvEncoderSettings:
    """The convolutional encoder."""

    kind: Literal["conv"] = "conv"
    layers: Positive = 4
    """Number of gated convolution layers."""
    width: Positive = 256
    """Of the layers; what they leave is as wide as what they are given."""
    kernel: Positive = 3
    """Positions each layer sees; must be odd so that input and output align."""
    dropout: Rate = 0.0
    positions: Annotated[AbsolutePositionsSettings, by_kind] = LearnedPositionsSettings()

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise RecipeError(f"kernel must be odd, but is {self.kernel}.")

    def build(self, *, memory: MemoryShape) -> ConvEncoder:
        return ConvEncoder(self, memory=memory)


class ConvEncoder(Encoder):
    """Gehring et al. 2017, section 3: h^l = (GLU(conv(h^{l-1})) + h^{l-1}) √½, between a projection in and one out."""

    def __init__(self, settings: ConvEncoderSettings, *, memory: MemoryShape) -> None:
        super().__init__()
        self.positions = settings.positions.build(width=memory.width)
        self.into = nn.Linear(memory.width, settings.width)
        self.layers = Layers(
            GatedConvolution(settings.width, kernel=settings.kernel, dropout=settings.dropout)
            for _ in range(settings.layers)
        )
        self.out = nn.Linear(settings.width, memory.width)
        self.reach = settings.kernel // 2
        initial.preserving_normal(self.into)
        initial.preserving_normal(self.out)
        self.shape = MemoryShape(
            width=memory.width, inputs_width=memory.width, of_source=memory.of_source, apart=memory.apart
        )

    def forward(self, memory: Memory) -> Memory:
        positions_1S = torch.arange(memory.mask_BS.shape[1], device=memory.mask_BS.device)[None]
        inputs_BSD = self.positions.add(memory.states_BSD, positions_1S)
        x_BSD = self.into(inputs_BSD)
        # A convolution would see what stands at padding, so zeros stand there.
        real_BS1 = memory.mask_BS[..., None].to(x_BSD.dtype)
        half_BS1 = real_BS1 * HALF
        x_BSD = x_BSD * real_BS1
        for layer in self.layers:
            x_BSD = (layer(padded(x_BSD, self.reach, self.reach)) + x_BSD) * half_BS1
        return replace(memory, states_BSD=self.out(x_BSD), inputs_BSD=inputs_BSD, final=())

"""Encoders on top of each other: a convolution below a recurrent one, say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from seqloom.core.errors import RecipeError
from seqloom.core.settings import by_kind
from seqloom.models.encoders.conv import ConvEncoderSettings
from seqloom.models.encoders.recurrent import RecurrentEncoderSettings
from seqloom.models.encoders.transformer import TransformerEncoderSettings
from seqloom.nn.layers import Layers
from seqloom.nn.memory import Encoder, Memory, MemoryShape

__all__ = ["EncoderSettings", "StackEncoder", "StackEncoderSettings"]


@dataclass(frozen=True, kw_only=True)
class StackEncoderSettings:
    """The stack of encoders."""

    kind: Literal["stack"] = "stack"
    encoders: tuple[Annotated[EncoderSettings, by_kind], ...]
    """From the bottom to the top."""

    def __post_init__(self) -> None:
        if not self.encoders:
            raise RecipeError("encoders must name at least one encoder, but is empty.")

    def build(self, *, memory: MemoryShape) -> StackEncoder:
        encoders: list[Encoder] = []
        for settings in self.encoders:
            encoders.append(settings.build(memory=memory))
            memory = encoders[-1].shape
        return StackEncoder(encoders)


class StackEncoder(Encoder):
    """Each encoder reads the memory that the one below it left."""

    def __init__(self, encoders: list[Encoder]) -> None:
        super().__init__()
        self.encoders = Layers(encoders)
        self.shape = encoders[-1].shape

    def forward(self, memory: Memory) -> Memory:
        for encoder in self.encoders:
            memory = encoder(memory)
        return memory


# Written here because a stack's members are of this union themselves.
EncoderSettings = RecurrentEncoderSettings | ConvEncoderSettings | TransformerEncoderSettings | StackEncoderSettings

"""Encoders on top of each other: a convolution below a recurrent one, say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from torch import Tensor

from seqloom.core.errors import RecipeError
from seqloom.core.settings import by_kind
from seqloom.models.encoders.conv import ConvEncoderSettings
from seqloom.models.encoders.latent import LatentEncoderSettings
from seqloom.models.encoders.none import NoEncoderSettings
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
        if sum(encoder.latent is not None for encoder in encoders) > 1:
            raise RecipeError(
                'encoders must name at most one of kind "latent", but name several. Leave the others out.'
            )
        return StackEncoder(encoders)


class StackEncoder(Encoder):
    """Each encoder reads the memory that the one below it left."""

    def __init__(self, encoders: list[Encoder]) -> None:
        super().__init__()
        self.encoders = Layers(encoders)
        self.shape = encoders[-1].shape
        self.attends = all(encoder.attends for encoder in encoders)
        self.latent = next((encoder.latent for encoder in encoders if encoder.latent is not None), None)

    def forward(self, memory: Memory) -> Memory:
        for encoder in self.encoders:
            memory = encoder(memory)
        return memory

    def self_attention(self, memory: Memory) -> tuple[Tensor, ...]:
        """Of all of them, if each looks at the whole source."""
        shown: list[Tensor] = []
        for encoder in self.encoders:
            weights = encoder.self_attention(memory)
            if not weights:
                return ()
            shown += weights
            memory = encoder(memory)
        return tuple(shown)

    def imagine(self, z_BZ: Tensor) -> Memory:
        """From the one that condenses upwards."""
        [level] = [level for level, encoder in enumerate(self.encoders) if encoder.latent is not None]
        memory: Memory | None = None
        for encoder in list(self.encoders)[level:]:
            memory = encoder.imagine(z_BZ) if memory is None else encoder(memory)
        assert memory is not None
        return memory


# Written here because a stack's members are of this union themselves.
EncoderSettings = (
    RecurrentEncoderSettings
    | ConvEncoderSettings
    | TransformerEncoderSettings
    | LatentEncoderSettings
    | NoEncoderSettings
    | StackEncoderSettings
)

"""Modules in the place of settings, so that one way builds every model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from seqloom.models.plain.decoders import plain_decoder
from seqloom.models.plain.encoders import plain_encoder
from seqloom.nn.contracts import Decoder
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Encoder, MemoryShape

__all__ = ["GivenDecoder", "GivenEncoder"]


@dataclass(frozen=True, kw_only=True)
class GivenEncoder:
    """An encoder that was given as a module. No recipe can describe it, and whatever it builds is that module."""

    part: nn.Module | Callable[[int], nn.Module]

    def build(self, *, memory: MemoryShape) -> Encoder:
        return plain_encoder(self.part, memory=memory)


@dataclass(frozen=True, kw_only=True)
class GivenDecoder:
    """A decoder that was given as a module. No recipe can describe it, and whatever it builds is that module."""

    part: nn.Module | Callable[[int, int], nn.Module]

    def build(self, *, memory: MemoryShape, embedding: TokenEmbedding) -> Decoder:
        return plain_decoder(self.part, memory=memory, embedding=embedding)

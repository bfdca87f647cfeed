"""No encoder: the memory as it is, for sources that were encoded already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqloom.nn.memory import Encoder, Memory, MemoryShape

__all__ = ["NoEncoder", "NoEncoderSettings"]


@dataclass(frozen=True, kw_only=True)
class NoEncoderSettings:
    """The encoder "none"."""

    kind: Literal["none"] = "none"

    def build(self, *, memory: MemoryShape) -> NoEncoder:
        return NoEncoder(memory)


class NoEncoder(Encoder):
    """x ↦ x: on several sources, which have an encoder each, or on embeddings that stand alone."""

    def __init__(self, memory: MemoryShape) -> None:
        super().__init__()
        self.shape = memory

    def forward(self, memory: Memory) -> Memory:
        return memory

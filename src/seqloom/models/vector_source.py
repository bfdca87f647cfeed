"""The first memory of a source that is a sequence of vectors: a time series, a spectrogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.core.settings import Positive, Rate
from seqloom.core.specials import Specials
from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.memory import Memory, MemoryShape, SourceBatch
from seqloom.nn.vectors import check_channels

__all__ = ["VectorSource", "VectorSourceSettings"]


@dataclass(frozen=True, kw_only=True)
class VectorSourceSettings:
    """The source of vectors."""

    kind: Literal["vectors"] = "vectors"
    width: Positive = 256
    """Of what the encoder reads."""
    stack: Positive = 1
    """Frames side by side that become one position: spectrograms have many, and an encoder's cost grows with them."""
    dropout: Rate = 0.0

    def build(self, vocabulary: Specials) -> VectorSource:
        check_channels(vocabulary, "source")
        return VectorSource(vocabulary, width=self.width, stack=self.stack, dropout=self.dropout)


class VectorSource(nn.Module):
    """W [x_{ks}; …; x_{ks+k-1}] + b: k frames a position, zeros behind the last one."""

    def __init__(self, vocabulary: Specials, *, width: int, stack: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.stack = stack
        self.into = nn.Linear(stack * vocabulary.channels, width)
        self.dropout = Dropout(dropout)
        self.shape = MemoryShape(width=width, inputs_width=width)
        initial.xavier(self.into)

    def forward(self, source: SourceBatch) -> Memory:
        frames = source.parts["vectors"]
        # A position may hold the last frames of a row and what is padding behind them.
        real_BSC = torch.where(frames.mask_BS[..., None], frames.values, 0.0)
        embedded_BSD = self.dropout(self.into(_stacked(real_BSC, self.stack)))
        units_BU = source.units_BU
        return Memory(
            states_BSD=embedded_BSD,
            mask_BS=frames.mask_BS[:, :: self.stack],  # real where its first frame is
            inputs_BSD=embedded_BSD,
            units_BU=None if units_BU is None else units_BU.div(self.stack, rounding_mode="floor"),
        )


def _stacked(values_BSC: Tensor, stack: int) -> Tensor:
    """(B, S, C) → (B, ⌈S / k⌉, k · C)."""
    if stack == 1:
        return values_BSC
    missing = -values_BSC.shape[1] % stack
    return functional.pad(values_BSC, (0, 0, 0, missing)).unflatten(1, (-1, stack)).flatten(2)

"""Frames of real numbers as what a decoder reads.

A frame on the target's side has one number more than the data has channels, the edge: 1 in the frame before the first,
which stands where bos does, and in the one behind the last, which stands where eos does; 0 in every frame between. So
a sequence of frames is read, said, padded and kept as one of tokens is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive, Rate
from seqloom.core.specials import Specials
from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.embedding import Embedding

__all__ = ["FrameDensity", "VectorEmbedding", "VectorEmbeddingSettings", "check_channels", "edged"]


@dataclass(frozen=True, kw_only=True)
class VectorEmbeddingSettings:
    """The target of vectors."""

    kind: Literal["vectors"] = "vectors"
    needs: ClassVar[Mapping[str, str]] = {"head": "vectors", "tie": "none"}
    width: Positive = 256
    dropout: Rate = 0.0

    def build(self, vocabulary: Specials) -> VectorEmbedding:
        check_channels(vocabulary, "target")
        return VectorEmbedding(vocabulary, width=self.width, dropout=self.dropout)


class VectorEmbedding(Embedding):
    """W x + b of a frame with its edge."""

    def __init__(self, vocabulary: Specials, *, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.width = width
        self.into = nn.Linear(vocabulary.channels + 1, width)
        self.dropout = Dropout(dropout)
        initial.xavier(self.into)

    def forward(self, values_NTC: Tensor) -> Tensor:
        embedded_NTD: Tensor = self.dropout(self.into(values_NTC))
        return embedded_NTD


@dataclass(frozen=True, kw_only=True)
class FrameDensity:
    """What is said of the frame at each position: a Gaussian with a spread for each channel, or that there is none."""

    mean_PC: Tensor
    scale_PC: Tensor
    odds_P: Tensor
    """Log-odds that all frames have ended."""

    def logp_P(self, target_P: Tensor) -> Tensor:
        """The log-density of frames with their edge, (P, C + 1)."""
        target_PC, ends_P = target_P[:, :-1].to(self.mean_PC.dtype), target_P[:, -1] > 0
        squares_P = ((target_PC - self.mean_PC) / self.scale_PC).square().sum(-1)
        density_P = -(squares_P + target_PC.shape[1] * math.log(2 * math.pi)) / 2 - self.scale_PC.log().sum(-1)
        return torch.where(ends_P, functional.logsigmoid(self.odds_P), functional.logsigmoid(-self.odds_P) + density_P)


def edged(values_BTC: Tensor, mask_BT: Tensor) -> Tensor:
    """The frames with their edge, (B, T, C + 1): the first and the last real one of each row are no data."""
    last_BT = mask_BT & ~functional.pad(mask_BT[:, 1:], (0, 1))
    edge_BT = last_BT.to(values_BTC.dtype)
    edge_BT[:, 0] = 1
    return torch.cat([values_BTC, edge_BT[..., None]], -1)


def check_channels(vocabulary: Specials, side: str) -> None:
    """A part that reads frames needs to know how wide they are."""
    if not vocabulary.channels:
        raise RecipeError(
            f'`model.{side}.kind` must be that of the data, but is "vectors" where the {side} has tokens. '
            f'Set the tokenizer\'s `kind` to "vectors" too, or change `model.{side}.kind`.'
        )

"""The head of vectors: the next frame as a unit Gaussian, and whether there is one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Rate
from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import DecoderShape, Features, Head, Scored
from seqloom.nn.embedding import Embedding
from seqloom.nn.memory import Memory

__all__ = ["VectorHead", "VectorHeadSettings"]


@dataclass(frozen=True, kw_only=True)
class VectorHeadSettings:
    """The head of vectors."""

    kind: Literal["vectors"] = "vectors"
    needs: ClassVar[Mapping[str, str]] = {"target": "vectors"}
    dropout: Rate = 0.0
    """On what it reads."""

    def build(self, *, decoder: DecoderShape, embedding: Embedding, tie: bool) -> VectorHead:
        if tie or not embedding.vocabulary.channels:
            raise RecipeError('`model.head.kind` "vectors" needs a target of vectors and `model.tie = "none"`.')
        return VectorHead(decoder.hidden, channels=embedding.vocabulary.channels, dropout=self.dropout)


class VectorHead(Head):
    """p(y) = (1 - e) N(y; W s + b, I) for a frame and p(end) = e = σ(w · s + c) for the end of all frames.

    So a frame's log-density is -½ ‖y - μ‖² - C/2 log 2π + log(1 - e): to learn the frames by likelihood is to learn
    them by the mean squared error.
    """

    def __init__(self, hidden: int, *, channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.channels = channels
        self.dropout = Dropout(dropout)
        self.out = nn.Linear(hidden, channels + 1)
        initial.xavier(self.out)

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        """Each position's mean, and behind it the log-odds of the end: what a frame with its edge is compared with."""
        said_PC: Tensor = self.out(self.dropout(at.hidden_PD))
        return said_PC.to(torch.promote_types(said_PC.dtype, torch.float32))

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        """``target_P`` is (P, C + 1): frames with their edge. There is no vocabulary for a mean to be over, so
        ``mean_logp_P`` is the log-density itself and smoothing changes nothing.
        """
        said_PC = self(at, memory)
        mean_PC, odds_P = said_PC[:, :-1], said_PC[:, -1]
        target_PC, ends_P = target_P[:, :-1].to(mean_PC.dtype), target_P[:, -1] > 0
        squares_P = (target_PC - mean_PC).square().sum(-1)
        density_P = -(squares_P + self.channels * math.log(2 * math.pi)) / 2
        logp_P = torch.where(ends_P, functional.logsigmoid(odds_P), functional.logsigmoid(-odds_P) + density_P)
        return Scored(logp_P=logp_P, mean_logp_P=logp_P)

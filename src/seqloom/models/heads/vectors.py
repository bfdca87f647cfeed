"""The head of vectors: the next frame as a Gaussian, and whether there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Rate
from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import DecoderShape, Features, Head, Scored
from seqloom.nn.embedding import Embedding
from seqloom.nn.memory import Memory
from seqloom.nn.vectors import FrameDensity

__all__ = ["VectorHead", "VectorHeadSettings"]


@dataclass(frozen=True, kw_only=True)
class VectorHeadSettings:
    """The head of vectors."""

    kind: Literal["vectors"] = "vectors"
    needs: ClassVar[Mapping[str, str]] = {"target": "vectors"}
    spread: Literal["unit", "learnt"] = "unit"
    """Of each number around its mean: 1, so that learning it is learning the squared error; or learnt too, so that the
    model knows how sure it is, and paths can be drawn."""
    dropout: Rate = 0.0
    """On what it reads."""

    def build(self, *, decoder: DecoderShape, embedding: Embedding, tie: bool) -> VectorHead:
        if tie or not embedding.vocabulary.channels:
            raise RecipeError('`model.head.kind` "vectors" needs a target of vectors and `model.tie = "none"`.')
        return VectorHead(
            decoder.hidden,
            channels=embedding.vocabulary.channels,
            learns_spread=self.spread == "learnt",
            dropout=self.dropout,
        )


_NARROWEST = -6.0
"""Of the logarithm of a spread: a series that stands still for long would have an endless density."""


class VectorHead(Head):
    """p(y) = (1 - e) N(y; W s + b, σ²) for a frame and p(end) = e = σ(w · s + c) for the end of all frames.

    With σ = 1 a frame's log-density is -½ ‖y - μ‖² - C/2 log 2π + log(1 - e): to learn the frames by likelihood is to
    learn them by the mean squared error. Otherwise log σ is linear in s too (Salinas et al. 2020, section 3.1).
    """

    def __init__(self, hidden: int, *, channels: int, learns_spread: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.channels = channels
        self.dropout = Dropout(dropout)
        self.out = nn.Linear(hidden, channels + 1 + learns_spread * channels)
        initial.xavier(self.out)

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        """Each position's mean, and behind it the log-odds of the end: what a frame with its edge is compared with."""
        return self._said(at)[:, : self.channels + 1]

    def density(self, at: Features) -> FrameDensity:
        """All that is said of each position's frame."""
        mean_PC, odds_P1, narrow_PC = self._said(at).split(
            [self.channels, 1, self.out.out_features - self.channels - 1], 1
        )
        scale_PC = narrow_PC.clamp(min=_NARROWEST).exp() if narrow_PC.shape[1] else torch.ones_like(mean_PC)
        return FrameDensity(mean_PC=mean_PC, scale_PC=scale_PC, odds_P=odds_P1[:, 0])

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        """``target_P`` is (P, C + 1): frames with their edge. There is no vocabulary for a mean to be over, so
        ``mean_logp_P`` is the log-density itself and smoothing changes nothing.
        """
        logp_P = self.density(at).logp_P(target_P)
        return Scored(logp_P=logp_P, mean_logp_P=logp_P)

    def _said(self, at: Features) -> Tensor:
        said_PC: Tensor = self.out(self.dropout(at.hidden_PD))
        return said_PC.to(torch.promote_types(said_PC.dtype, torch.float32))

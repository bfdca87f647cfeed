"""The generator: a score for every token of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from seqloom.core.settings import Rate
from seqloom.nn.contracts import DecoderShape, Features, Head, Scored
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory

__all__ = ["Generator", "GeneratorSettings", "chunked", "in_chunks", "over_columns", "positions_at_once", "scored"]

T = TypeVar("T")

_CHUNK = 4_000_000
"""Scores made at one time: small enough for the caches to help, large enough for full matrix products."""


def positions_at_once(columns: int) -> int:
    """How many positions have their scores made at one time."""
    return max(1, _CHUNK // columns)


def chunked(
    make: Callable[[Features, Memory, Tensor], T], at: Features, memory: Memory, target_P: Tensor, *, columns: int
) -> list[T]:
    """What is made of the targets, a stretch of positions at a time, each made again in the backward pass."""
    size = positions_at_once(columns)
    if len(at) <= size:
        return [make(at, memory, target_P)]
    stretches = [slice(first, first + size) for first in range(0, len(at), size)]
    return [checkpoint(make, at.at(stretch), memory, target_P[stretch], use_reentrant=False) for stretch in stretches]


def in_chunks(head: Head, at: Features, memory: Memory, target_P: Tensor, *, columns: int) -> Scored:
    """The targets' scores, where all that is possible is scored for them."""
    chunks = chunked(partial(_scored, head), at, memory, target_P, columns=columns)
    if len(chunks) == 1:
        return chunks[0]
    return Scored(
        logp_P=torch.cat([chunk.logp_P for chunk in chunks]),
        mean_logp_P=torch.cat([chunk.mean_logp_P for chunk in chunks]),
    )


def _scored(head: Head, at: Features, memory: Memory, target_P: Tensor) -> Scored:
    return scored(head(at, memory), target_P)


def scored(logp_PV: Tensor, target_P: Tensor) -> Scored:
    """The targets' scores, and the mean of all that is possible."""
    possible_PV = logp_PV > float("-inf")
    total_P = logp_PV.masked_fill(~possible_PV, 0.0).sum(-1)
    return Scored(logp_P=logp_PV.gather(-1, target_P[:, None]).squeeze(-1), mean_logp_P=total_P / possible_PV.sum(-1))


def over_columns(logp_PV: Tensor, columns_V: Tensor) -> Tensor:
    """The probabilities of a shortlist, given that it is one of those."""
    logp_PX = logp_PV[:, columns_V]
    return logp_PX - logp_PX.logsumexp(-1, keepdim=True)


@dataclass(frozen=True, kw_only=True)
class GeneratorSettings:
    """The generator."""

    kind: Literal["generator"] = "generator"
    bias: bool = True
    dropout: Rate = 0.0
    """On what it reads."""

    def build(self, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool) -> Generator:
        return Generator(self, decoder=decoder, embedding=embedding, tie=tie)


class Generator(Head):
    """p = softmax(W_y s + b_y); tied, W_y is the target embedding (Press & Wolf 2017). Padding has no probability."""

    def __init__(
        self, settings: GeneratorSettings, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool
    ) -> None:
        super().__init__()
        vocabulary = embedding.vocabulary
        self.pad = vocabulary.pad
        self.dropout = nn.Dropout(settings.dropout)
        bridged = tie and decoder.hidden != embedding.width
        self.bridge = nn.Linear(decoder.hidden, embedding.width, bias=False) if bridged else nn.Identity()
        own_VD = torch.randn(vocabulary.size, decoder.hidden) * decoder.hidden**-0.5
        self.weight = embedding.table.weight if tie else nn.Parameter(own_VD)
        self.bias = nn.Parameter(torch.zeros(vocabulary.size)) if settings.bias else None

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        return self.logits(at, columns_V).log_softmax(-1)

    def logits(self, at: Features, columns_V: Tensor | None = None) -> Tensor:
        hidden_PD = self.bridge(self.dropout(at.hidden_PD))
        weight_VD: Tensor = self.weight
        bias_V: Tensor | None = self.bias
        if columns_V is not None:
            weight_VD = weight_VD[columns_V]
            bias_V = None if bias_V is None else bias_V[columns_V]
        logits_PV = functional.linear(hidden_PD, weight_VD, bias_V)
        logits_PV = logits_PV.to(torch.promote_types(logits_PV.dtype, torch.float32))
        if columns_V is not None:
            return logits_PV.masked_fill(columns_V == self.pad, float("-inf"))
        return logits_PV.index_fill(-1, torch.tensor(self.pad, device=logits_PV.device), float("-inf"))

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        return in_chunks(self, at, memory, target_P, columns=len(self.weight))

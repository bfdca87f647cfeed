"""The generator: a score for every token of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from seqloom.core.settings import Rate
from seqloom.models.heads.targets import score_targets
from seqloom.nn import chance
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import DecoderShape, Features, Head, Scored
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory

__all__ = [
    "Generator",
    "GeneratorSettings",
    "by_all",
    "chunked",
    "in_chunks",
    "over_columns",
    "positions_at_once",
    "scored",
]

T = TypeVar("T")

_CHUNK = 16_000_000
"""Scores made at one time. What a processor is given at once stays below it, so that nothing is made twice."""


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
    firsts = range(0, len(at), size)

    def make_stretch(first: int, seed: int) -> T:
        stretch = slice(first, first + size)
        with chance.begun(seed):  # the second time as the first
            return make(at.at(stretch), memory, target_P[stretch])

    return [
        checkpoint(make_stretch, first, seed, use_reentrant=False)
        for first, seed in zip(firsts, chance.seeds(len(firsts)), strict=True)
    ]


def in_chunks(
    make: Callable[[Features, Memory, Tensor], Scored],
    at: Features,
    memory: Memory,
    target_P: Tensor,
    *,
    columns: int,
) -> Scored:
    """The targets' scores, a stretch of positions at a time."""
    chunks = chunked(make, at, memory, target_P, columns=columns)
    if len(chunks) == 1:
        return chunks[0]
    return Scored(
        logp_P=torch.cat([chunk.logp_P for chunk in chunks]),
        mean_logp_P=torch.cat([chunk.mean_logp_P for chunk in chunks]),
    )


def by_all(head: Head) -> Callable[[Features, Memory, Tensor], Scored]:
    """The targets' scores from all that a head says."""
    return lambda at, memory, target_P: scored(head(at, memory), target_P)


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
        self.dropout = Dropout(settings.dropout)
        bridged = tie and decoder.hidden != embedding.width
        self.bridge = nn.Linear(decoder.hidden, embedding.width, bias=False) if bridged else nn.Identity()
        own_VD = torch.randn(vocabulary.size, decoder.hidden) * decoder.hidden**-0.5
        self.weight = embedding.table.weight if tie else nn.Parameter(own_VD)
        self.bias = nn.Parameter(torch.zeros(vocabulary.size)) if settings.bias else None

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        logits_PV = self.logits(at, columns_V)
        never_V = self.pad if columns_V is None else columns_V == self.pad
        logits_PV[:, never_V] = float("-inf")
        return logits_PV.log_softmax(-1)

    def logits(self, at: Features, columns_V: Tensor | None = None) -> Tensor:
        hidden_PD = self.bridge(self.dropout(at.hidden_PD))
        weight_VD: Tensor = self.weight
        bias_V: Tensor | None = self.bias
        if columns_V is not None:
            weight_VD = weight_VD[columns_V]
            bias_V = None if bias_V is None else bias_V[columns_V]
        logits_PV = functional.linear(hidden_PD, weight_VD, bias_V)
        return logits_PV.to(torch.promote_types(logits_PV.dtype, torch.float32))

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        return in_chunks(self._score, at, memory, target_P, columns=len(self.weight))

    def _score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        return score_targets(self.logits(at), target_P, never=self.pad)

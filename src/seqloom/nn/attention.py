"""Attention for decoders that walk: additive, dot, general, concat and multi-head, each with or without coverage.

One query a step looks at the source: α_s = softmax_s(score(query, key_s)), context = Σ_s α_s value_s. With coverage
(See et al. 2017) the key also knows how much its position was looked at before: key_s + w_c c_s.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seqloom.nn.memory import Memory
from seqloom.nn.state import Rows, fold, unfold

__all__ = [
    "AdditiveAttention",
    "Attended",
    "Attention",
    "AttentionKeys",
    "ConcatAttention",
    "DotAttention",
    "GeneralAttention",
    "HeadsAttention",
    "masked_softmax",
]


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the last axis where the mask is True; a row with nothing to attend to gives zeros, never NaN."""
    weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)
    return weights.masked_fill(~mask, 0.0)


@dataclass(frozen=True, kw_only=True)
class AttentionKeys(Rows):
    """What does not depend on the step, computed once a source."""

    keys_BSA: Tensor
    values_BSD: Tensor
    mask_BS: Tensor


@dataclass(frozen=True, kw_only=True)
class Attended:
    """What a query fetched, and from where."""

    context_NTD: Tensor
    weights_NTS: Tensor
    """The mean over heads where there are several."""
    weights_NHTS: Tensor


class Attention(nn.Module):
    """The part that all scores share. Keys and queries are projected to the inner width A by the subclass."""

    def __init__(self, inner: int, *, width: int, coverage: bool) -> None:
        super().__init__()
        self.width = width
        """Of the context."""
        self.queries: nn.Module = nn.Identity()
        self.keys: nn.Module = nn.Identity()
        self.covers = nn.Parameter(torch.randn(inner) * inner**-0.5) if coverage else None

    def prepare(self, memory: Memory) -> AttentionKeys:
        return AttentionKeys(
            keys_BSA=self.keys(memory.states_BSD), values_BSD=memory.states_BSD, mask_BS=memory.mask_BS
        )

    def forward(self, query_NTD: Tensor, source: AttentionKeys, coverage_NS: Tensor | None = None) -> Attended:
        beams = query_NTD.shape[0] // source.mask_BS.shape[0]
        query_BQA = fold(self.queries(query_NTD), beams)
        coverage_BQS = None if coverage_NS is None else fold(coverage_NS[:, None], beams)
        scores_BQS = self.score(query_BQA, source.keys_BSA, coverage_BQS)
        weights_NTS = unfold(masked_softmax(scores_BQS, source.mask_BS[:, None]), beams)
        context_NTD = unfold(fold(weights_NTS, beams) @ source.values_BSD, beams)
        return Attended(context_NTD=context_NTD, weights_NTS=weights_NTS, weights_NHTS=weights_NTS[:, None])

    def score(self, query_BQA: Tensor, keys_BSA: Tensor, coverage_BQS: Tensor | None) -> Tensor:
        raise NotImplementedError


class _Perceptron(Attention):
    """score = vᵀ tanh(query + key + w_c c)."""

    def __init__(self, inner: int, *, width: int, coverage: bool) -> None:
        super().__init__(inner, width=width, coverage=coverage)
        self.v = nn.Linear(inner, 1, bias=False)

    def score(self, query_BQA: Tensor, keys_BSA: Tensor, coverage_BQS: Tensor | None) -> Tensor:
        sum_BQSA = query_BQA[:, :, None] + keys_BSA[:, None]
        if self.covers is not None and coverage_BQS is not None:
            sum_BQSA = sum_BQSA + coverage_BQS[..., None] * self.covers
        scores_BQS1: Tensor = self.v(torch.tanh(sum_BQSA))
        return scores_BQS1.squeeze(-1)


class AdditiveAttention(_Perceptron):
    """Bahdanau et al. 2015, appendix A.1.2: vᵀ tanh(W s + U h + b)."""

    def __init__(self, query_width: int, *, memory_width: int, inner: int, coverage: bool = False) -> None:
        super().__init__(inner, width=memory_width, coverage=coverage)
        self.queries = nn.Linear(query_width, inner, bias=False)
        self.keys = nn.Linear(memory_width, inner)


class ConcatAttention(_Perceptron):
    """Luong et al. 2015, equation 8, "concat": vᵀ tanh(W [s; h]), W in two halves so that W h is made once."""

    def __init__(self, query_width: int, *, memory_width: int, inner: int, coverage: bool = False) -> None:
        super().__init__(inner, width=memory_width, coverage=coverage)
        self.queries = nn.Linear(query_width, inner, bias=False)
        self.keys = nn.Linear(memory_width, inner, bias=False)


class DotAttention(Attention):
    """Luong et al. 2015, equation 8, "dot": sᵀ h; a linear bridge on h where the two widths differ."""

    def __init__(self, query_width: int, *, memory_width: int, coverage: bool = False) -> None:
        super().__init__(query_width, width=memory_width, coverage=coverage)
        if query_width != memory_width:
            self.keys = nn.Linear(memory_width, query_width, bias=False)

    def score(self, query_BQA: Tensor, keys_BSA: Tensor, coverage_BQS: Tensor | None) -> Tensor:
        scores_BQS = query_BQA @ keys_BSA.transpose(1, 2)
        if self.covers is not None and coverage_BQS is not None:
            scores_BQS = scores_BQS + (query_BQA @ self.covers)[..., None] * coverage_BQS
        return scores_BQS


class GeneralAttention(DotAttention):
    """Luong et al. 2015, equation 8, "general": sᵀ W h."""

    def __init__(self, query_width: int, *, memory_width: int, coverage: bool = False) -> None:
        super().__init__(query_width, memory_width=memory_width, coverage=coverage)
        self.keys = nn.Linear(memory_width, query_width, bias=False)


class HeadsAttention(Attention):
    """Vaswani et al. 2017, section 3.2: softmax(Q Kᵀ / √E) V in H heads, here with one query a step."""

    def __init__(self, query_width: int, *, memory_width: int, heads: int, coverage: bool = False) -> None:
        super().__init__(query_width // heads, width=query_width, coverage=coverage)
        self.heads = heads
        self.queries = nn.Linear(query_width, query_width)
        self.keys = nn.Linear(memory_width, query_width)
        self.values = nn.Linear(memory_width, query_width)
        self.out = nn.Linear(query_width, query_width)

    def prepare(self, memory: Memory) -> AttentionKeys:
        return AttentionKeys(
            keys_BSA=self.keys(memory.states_BSD),
            values_BSD=self.values(memory.states_BSD),
            mask_BS=memory.mask_BS,
        )

    def forward(self, query_NTD: Tensor, source: AttentionKeys, coverage_NS: Tensor | None = None) -> Attended:
        beams = query_NTD.shape[0] // source.mask_BS.shape[0]
        query_BHQE = fold(self.queries(query_NTD), beams).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        keys_BHSE, values_BHSE = (
            x_BSA.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x_BSA in (source.keys_BSA, source.values_BSD)
        )
        scores_BHQS = query_BHQE @ keys_BHSE.transpose(2, 3)
        if self.covers is not None and coverage_NS is not None:
            coverage_BQS = fold(coverage_NS[:, None], beams)
            scores_BHQS = scores_BHQS + (query_BHQE @ self.covers)[..., None] * coverage_BQS[:, None]
        weights_BHQS = masked_softmax(scores_BHQS * query_BHQE.shape[-1] ** -0.5, source.mask_BS[:, None, None])
        context_BQD = (weights_BHQS @ values_BHSE).transpose(1, 2).flatten(2)
        weights_NTHS = unfold(weights_BHQS.transpose(1, 2), beams)
        return Attended(
            context_NTD=unfold(self.out(context_BQD), beams),
            weights_NTS=weights_NTHS.mean(2),
            weights_NHTS=weights_NTHS.transpose(1, 2),
        )

"""Attention for decoders that walk: additive, dot, general, concat, multi-head, location-aware and local.

One query a step looks at the source: α_s = softmax_s(score(query, key_s)), context = Σ_s α_s value_s. With coverage
(See et al. 2017) the key also knows how much its position was looked at before: key_s + w_c c_s. What a hypothesis
looked at is its ``Past``, handed from query to query.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqloom.nn.memory import Memory
from seqloom.nn.query import Attended, AttentionKeys, Look, Past, Products
from seqloom.nn.state import fold, unfold

__all__ = [
    "AdditiveAttention",
    "Attention",
    "ConcatAttention",
    "DotAttention",
    "GeneralAttention",
    "HeadsAttention",
    "LocalAttention",
    "LocationAttention",
    "masked_softmax",
]


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the last axis where the mask is True; a row with nothing to attend to gives zeros, never NaN."""
    weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)
    return weights.masked_fill(~mask, 0.0)


class Attention(nn.Module):
    """The part that all scores share. Keys and queries are projected to the inner width A by the subclass."""

    follows: bool = False
    """Whether a query's weights hang on those of the query before, so that queries come one at a time."""

    def __init__(self, inner: int, *, width: int, coverage: bool) -> None:
        super().__init__()
        self.width = width
        """Of the context."""
        self.queries: nn.Linear | None = None
        self.keys: nn.Module = nn.Identity()
        self.covers = nn.Parameter(torch.randn(inner) * inner**-0.5) if coverage else None
        self.follows = self.follows or coverage

    def prepare(self, memory: Memory) -> AttentionKeys:
        return AttentionKeys(
            keys_BSA=self.keys(memory.states_BSD), values_BSD=memory.states_BSD, mask_BS=memory.mask_BS
        )

    def begin(self, source: AttentionKeys, *, beams: int = 1) -> Past | None:
        """The past of a first query; None: whatever was looked at, nothing of it matters."""
        return None if self.covers is None else Past(beams=beams, covered_NS=_nowhere_NS(source, beams))

    def forward(self, query_NTD: Tensor, source: AttentionKeys, past: Past | None = None) -> Attended:
        return self.look(query_NTD, Products.once(self.queries, source), past)

    def look(self, query_NTD: Tensor, products: Products, past: Past | None) -> Attended:
        mask_BS = products.source.mask_BS
        beams = query_NTD.shape[0] // mask_BS.shape[0]
        query_BQA = fold(products.queries(query_NTD), beams)
        weights_BQS = self.weigh(self.score(query_BQA, products, past), query_BQA, mask_BS, past)
        weights_NTS = unfold(weights_BQS, beams)
        return Attended(
            context_NTD=unfold(products.values(weights_BQS), beams),
            weights_NTS=weights_NTS,
            weights_NHTS=weights_NTS[:, None],
            past=None if past is None else past.then(weights_NTS),
        )

    def looking(self, source: AttentionKeys, *, like_N: Tensor, steps: int) -> Look:
        """The same for one query a step, through so many steps."""
        products = (
            Products.once(self.queries, source)
            if steps == 1
            else Products.repeated(self.queries, source, like_N=like_N, steps=steps)
        )
        return lambda query_N1D, past: self.look(query_N1D, products, past)

    def each(self, query_NTD: Tensor, source: AttentionKeys, past: Past | None = None) -> Attended:
        """All queries: in one call, or one after the other where each needs the past of the one before."""
        if not self.follows:
            attended: Attended = self(query_NTD, source, past)
            return attended
        look = self.looking(source, like_N=query_NTD, steps=query_NTD.shape[1])
        looks: list[Attended] = []
        for query_N1D in query_NTD.split(1, 1):
            looks.append(look(query_N1D, past))
            past = looks[-1].past
        return Attended.side_by_side(looks)

    def score(self, query_BQA: Tensor, products: Products, past: Past | None) -> Tensor:
        raise NotImplementedError

    def weigh(self, scores_BQS: Tensor, query_BQA: Tensor, mask_BS: Tensor, past: Past | None) -> Tensor:
        return masked_softmax(scores_BQS, mask_BS[:, None])


class _Perceptron(Attention):
    """score = vᵀ tanh(query + key + w_c c)."""

    def __init__(self, inner: int, *, width: int, coverage: bool) -> None:
        super().__init__(inner, width=width, coverage=coverage)
        self.v = nn.Linear(inner, 1, bias=False)

    def score(self, query_BQA: Tensor, products: Products, past: Past | None) -> Tensor:
        sum_BQSA = query_BQA[:, :, None] + products.source.keys_BSA[:, None]
        if past is not None:
            sum_BQSA = self.recall(sum_BQSA, past)
        scores_BQS1: Tensor = self.v(torch.tanh(sum_BQSA))
        return scores_BQS1.squeeze(-1)

    def recall(self, sum_BQSA: Tensor, past: Past) -> Tensor:
        """The sum, with what the past says of each position."""
        if self.covers is None or past.covered_NS is None:
            return sum_BQSA
        return sum_BQSA + fold(past.covered_NS[:, None], past.beams)[..., None] * self.covers


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

    def score(self, query_BQA: Tensor, products: Products, past: Past | None) -> Tensor:
        scores_BQS = products.keys(query_BQA)
        if self.covers is not None and past is not None and past.covered_NS is not None:
            covered_BQS = fold(past.covered_NS[:, None], past.beams)
            scores_BQS = scores_BQS + (query_BQA @ self.covers)[..., None] * covered_BQS
        return scores_BQS


class GeneralAttention(DotAttention):
    """Luong et al. 2015, equation 8, "general": sᵀ W h."""

    def __init__(self, query_width: int, *, memory_width: int, coverage: bool = False) -> None:
        super().__init__(query_width, memory_width=memory_width, coverage=coverage)
        self.keys = nn.Linear(memory_width, query_width, bias=False)


class HeadsAttention(Attention):
    """Vaswani et al. 2017, section 3.2: softmax(Q Kᵀ / √E) V in H heads, here with one query a step."""

    queries: nn.Linear

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

    def looking(self, source: AttentionKeys, *, like_N: Tensor, steps: int) -> Look:
        return lambda query_N1D, past: self(query_N1D, source, past)

    def forward(self, query_NTD: Tensor, source: AttentionKeys, past: Past | None = None) -> Attended:
        beams = query_NTD.shape[0] // source.mask_BS.shape[0]
        query_BHQE = fold(self.queries(query_NTD), beams).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        keys_BHSE, values_BHSE = (
            x_BSA.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x_BSA in (source.keys_BSA, source.values_BSD)
        )
        scores_BHQS = query_BHQE @ keys_BHSE.transpose(2, 3)
        if self.covers is not None and past is not None and past.covered_NS is not None:
            covered_BQS = fold(past.covered_NS[:, None], beams)
            scores_BHQS = scores_BHQS + (query_BHQE @ self.covers)[..., None] * covered_BQS[:, None]
        weights_BHQS = masked_softmax(scores_BHQS * query_BHQE.shape[-1] ** -0.5, source.mask_BS[:, None, None])
        context_BQD = (weights_BHQS @ values_BHSE).transpose(1, 2).flatten(2)
        weights_NTHS = unfold(weights_BHQS.transpose(1, 2), beams)
        mean_NTS = weights_NTHS.mean(2)
        return Attended(
            context_NTD=unfold(self.out(context_BQD), beams),
            weights_NTS=mean_NTS,
            weights_NHTS=weights_NTHS.transpose(1, 2),
            past=None if past is None else past.then(mean_NTS),
        )


class LocationAttention(AdditiveAttention):
    """Chorowski et al. 2015, equations 8 and 9: f_t = F * α_{t-1}, score = vᵀ tanh(W s + V h_s + U f_{t,s} + b).

    A position is known by what stands there and by how it lies to the place last looked at, so that of equal words the
    one after that is found. Before the first query nothing was looked at: α_0 = 0.
    """

    follows = True

    def __init__(
        self, query_width: int, *, memory_width: int, inner: int, filters: int, kernel: int, coverage: bool = False
    ) -> None:
        super().__init__(query_width, memory_width=memory_width, inner=inner, coverage=coverage)
        self.filters = nn.Conv1d(1, filters, kernel, padding=kernel // 2, bias=False)
        self.features = nn.Linear(filters, inner, bias=False)

    def begin(self, source: AttentionKeys, *, beams: int = 1) -> Past:
        nowhere_NS = _nowhere_NS(source, beams)
        return Past(beams=beams, last_NS=nowhere_NS, covered_NS=None if self.covers is None else nowhere_NS)

    def recall(self, sum_BQSA: Tensor, past: Past) -> Tensor:
        assert past.last_NS is not None
        features_NCS = self.filters(past.last_NS[:, None])
        features_NSA = self.features(features_NCS.transpose(1, 2))
        return super().recall(sum_BQSA, past) + fold(features_NSA[:, None], past.beams)


class LocalAttention(GeneralAttention):
    """Luong et al. 2015, section 3.2, with the score "general": only positions within a window of p_t are looked at.

    Monotone, p_t = t, and behind the source's end its last position. Predicted, p_t = S σ(vᵀ tanh(W s_t)), S being the
    row's own length, and the weights of the window are multiplied by exp(-(s - p_t)² / 2σ²), σ = window / 2 (equations
    9 and 10), through which p_t learns; so they add up to less than 1.
    """

    def __init__(
        self, query_width: int, *, memory_width: int, window: int, predict: bool, coverage: bool = False
    ) -> None:
        super().__init__(query_width, memory_width=memory_width, coverage=coverage)
        self.window = window
        self.place = nn.Linear(query_width, query_width, bias=False) if predict else None
        self.v = nn.Linear(query_width, 1, bias=False) if predict else None

    def begin(self, source: AttentionKeys, *, beams: int = 1) -> Past | None:
        past = super().begin(source, beams=beams)
        if self.place is not None:
            return past
        first_N = source.mask_BS.new_zeros(source.mask_BS.shape[0] * beams, dtype=torch.long)
        return Past(beams=beams, queries_N=first_N, covered_NS=None if past is None else past.covered_NS)

    def weigh(self, scores_BQS: Tensor, query_BQA: Tensor, mask_BS: Tensor, past: Past | None) -> Tensor:
        positions_S = torch.arange(mask_BS.shape[1], device=mask_BS.device)
        away_BQS = positions_S - self.centre(query_BQA, mask_BS.sum(1), past)
        inside_BQS = mask_BS[:, None] & (away_BQS.abs() <= self.window)
        weights_BQS = masked_softmax(scores_BQS, inside_BQS)
        if self.place is None:
            return weights_BQS
        return weights_BQS * torch.exp(-2 * (away_BQS / self.window) ** 2).to(weights_BQS.dtype)

    def centre(self, query_BQA: Tensor, lengths_B: Tensor, past: Past | None) -> Tensor:
        """p_t, (B, Q, 1)."""
        lengths_B11 = lengths_B[:, None, None]
        if self.place is not None and self.v is not None:
            share_BQ1 = self.v(torch.tanh(self.place(query_BQA)))
            # In half precision the far positions of a long source would be one.
            return lengths_B11 * torch.sigmoid(share_BQ1.to(torch.promote_types(share_BQ1.dtype, torch.float32)))
        assert past is not None
        assert past.queries_N is not None
        steps_T = torch.arange(query_BQA.shape[1] // past.beams, device=query_BQA.device)
        queries_NT1 = (past.queries_N[:, None] + steps_T)[..., None]
        return torch.minimum(fold(queries_NT1, past.beams), lengths_B11 - 1)


def _nowhere_NS(source: AttentionKeys, beams: int) -> Tensor:
    num_sources, num_positions = source.mask_BS.shape
    return source.values_BSD.new_zeros(num_sources * beams, num_positions)

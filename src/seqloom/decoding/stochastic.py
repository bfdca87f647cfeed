"""Stochastic beam search: draws without replacement, by a beam search over perturbed log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from seqloom.decoding.choice import Choice
from seqloom.decoding.columns import Columns
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.picker import Chances
from seqloom.decoding.progress import Progress
from seqloom.decoding.request import Answer, Request, StochasticBeam
from seqloom.nn.state import Rows

__all__ = ["WithoutReplacement", "importance_weights"]

_TINY = torch.finfo(torch.float64).tiny


@dataclass(frozen=True, kw_only=True)
class _Temperatures(Rows):
    temperature_B: Tensor


class WithoutReplacement:
    """Kool et al. 2019, algorithm 1. A hypothesis' marks are its perturbed log-probability G and its own φ.

    G of a beginning is the highest G of all answers that begin so. Perturbing the continuations with Gumbel noise, and
    shifting them so that their highest is the parent's, draws all of them top down; the K highest answers are K draws
    without replacement.
    """

    lanes = 1
    brief = False

    def __init__(
        self,
        requests: Sequence[Request],
        searches: Sequence[StochasticBeam],
        *,
        vocabulary_size: int,
        device: torch.device | None,
    ) -> None:
        self._temperatures = _Temperatures(
            temperature_B=torch.tensor([float(each.temperature) for each in searches], device=device)
        )
        self._chances = Chances([each.seed for each in searches])
        self._shapes = [(each.beams, vocabulary_size + _own_words(each, vocabulary_size)) for each in requests]
        self._noise_NV: Tensor | None = None
        """Of this step; one choice after another is made from it where tokens are barred after the fact."""

    @classmethod
    def of(cls, requests: Sequence[Request], *, vocabulary_size: int, device: torch.device | None) -> Self:
        searches = [each.search for each in requests if isinstance(each.search, StochasticBeam)]
        return cls(requests, searches, vocabulary_size=vocabulary_size, device=device)

    def begin(self, live: Hypotheses) -> Hypotheses:
        """The root's G is a Gumbel variable of location 0, the root's log-probability."""
        marks_NM = torch.full([len(live.total_N), 2], -math.inf, dtype=torch.float64)
        for place in range(len(self._shapes)):
            root = self._chances.uniform(place, 1).double()
            marks_NM[place * live.beams] = torch.tensor([float(_gumbel(root)), 0.0])
        return replace(live, marks_NM=marks_NM.to(live.total_N))

    def pick(
        self, logp_NV: Tensor, live: Hypotheses, columns: Columns, progress: Sequence[Progress], *, again: Sequence[int]
    ) -> Choice:
        if not again or self._noise_NV is None:
            self._noise_NV = self._noise(live.beams, columns, logp_NV)
        assert live.marks_NM is not None
        num_sources, beams = len(live.width_B), live.beams
        temperature_N1 = self._temperatures.temperature_B.repeat_interleave(beams)[:, None].to(logp_NV.dtype)
        peak_N1 = logp_NV.amax(dim=-1, keepdim=True)
        drawn_NV = live.marks_NM[:, 1:] + (logp_NV / temperature_N1).log_softmax(dim=-1)
        rank_NV = _below(drawn_NV + self._noise_NV, live.marks_NM[:, :1])
        # A dead or wholly barred hypothesis goes nowhere; NaN stays, so that it is seen.
        nowhere_N1 = (live.total_N == -math.inf)[:, None] | (peak_N1 == -math.inf)
        rank_NV = rank_NV.masked_fill(nowhere_N1, -math.inf)
        rank_NC, column_NC = rank_NV.topk(min(beams, rank_NV.shape[1]), dim=-1)
        rank_BK, place_BK = rank_NC.view(num_sources, -1).topk(beams, dim=-1)
        first_row_B1 = torch.arange(num_sources, device=rank_BK.device)[:, None] * beams
        parent_N = (first_row_B1 + place_BK // rank_NC.shape[1]).flatten()
        column_N = column_NC.view(num_sources, -1).gather(1, place_BK).flatten()
        dead_BK = (rank_BK == -math.inf) | (torch.arange(beams, device=rank_BK.device) >= live.width_B[:, None])
        peak_N = peak_N1[parent_N, 0]
        logp_N = torch.where(peak_N.isfinite(), logp_NV[parent_N, column_N], peak_N)
        return Choice(
            beams=beams,
            parent_N=parent_N,
            token_N=columns.ids(column_N),
            logp_N=logp_N,
            total_N=(live.total_N[parent_N] + logp_N).masked_fill(dead_BK.flatten(), -math.inf),
            marks_NM=torch.stack([rank_BK.flatten(), drawn_NV[parent_N, column_N]], dim=1),
        )

    def keep(self, places: Sequence[int], rows_B: Tensor) -> None:
        self._chances.keep(places)
        self._shapes = [self._shapes[place] for place in places]
        self._temperatures = self._temperatures.select(rows_B)

    def join(self, other: Self) -> None:
        self._chances.join(other._chances)
        self._shapes += other._shapes
        self._temperatures = self._temperatures.join(other._temperatures)

    def _noise(self, beams: int, columns: Columns, like_NV: Tensor) -> Tensor:
        """A Gumbel variable for every continuation. Those of a token do not depend on which columns a batch has."""
        ids_V = torch.arange(columns.width) if columns.ids_V is None else columns.ids_V.cpu()
        noise_BKV = torch.zeros(len(self._shapes), beams, columns.width, dtype=torch.float64)
        for place, (width, num_ids) in enumerate(self._shapes):
            noise_KI = _gumbel(self._chances.uniform(place, width, num_ids).double())
            known_V = ids_V < num_ids
            noise_BKV[place, :width, known_V] = noise_KI[:, ids_V[known_V]]
        return noise_BKV.flatten(0, 1).to(like_NV)


def importance_weights(drawn: Sequence[Answer], *, threshold: float) -> list[float]:
    """Kool et al. 2019, equation 11: with these weights Σ w f(answer) is an unbiased estimate of the mean of f.

    ``threshold`` is the score of the next answer, which is not among them: ask for one more than you need. -inf where
    there is none, because these are all.
    """
    weights = []
    for each in drawn:
        assert each.drawn_logp is not None, "only draws without replacement have importance weights"
        included = -math.expm1(-math.exp(each.drawn_logp - threshold)) if threshold > -math.inf else 1.0
        weights.append(math.exp(each.drawn_logp) / included)
    return weights


def _gumbel(uniform: Tensor) -> Tensor:
    return -(-uniform.clamp(min=_TINY).log()).log()


def _below(rank_NV: Tensor, top_N1: Tensor) -> Tensor:
    """Gumbel variables, given that the highest of a row is ``top``: Kool et al. 2019, appendix B.3, made stable."""
    v_NV = top_N1 - rank_NV + torch.log1p(-(rank_NV - rank_NV.amax(dim=-1, keepdim=True)).exp())
    return top_N1 - v_NV.relu() - torch.log1p(torch.exp(-v_NV.abs()))


def _own_words(request: Request, vocabulary_size: int) -> int:
    """How many of its source's words the vocabulary lacks."""
    return max(max(request.source.copy, default=0) - vocabulary_size + 1, 0) if request.source.copy is not None else 0

"""The choice by chance: sampling from a tempered and truncated distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from seqloom.decoding.beam import each_by_itself
from seqloom.decoding.choice import Choice
from seqloom.decoding.columns import Columns
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.picker import Chances
from seqloom.decoding.progress import Progress
from seqloom.decoding.request import Request, Sampling
from seqloom.nn.state import Rows

__all__ = ["Draws", "Sharpness", "by_chance", "draw"]

EVERY_TOKEN = 2**31 - 1
"""A top-k that keeps all: more than any vocabulary has."""
FIRST_RANKS = 64
"""How many of the likeliest tokens are looked at first, where nobody said how many it takes."""


@dataclass(frozen=True, kw_only=True)
class Sharpness(Rows):
    """How each source's distribution is tempered and then cut: top-k, top-p of what that leaves, min-p."""

    temperature_B: Tensor
    top_k_B: Tensor
    top_p_B: Tensor
    min_p_B: Tensor

    @classmethod
    def of(cls, samplings: Sequence[Sampling], *, device: torch.device | None) -> Self:
        top_k = [EVERY_TOKEN if each.top_k is None else min(each.top_k, EVERY_TOKEN) for each in samplings]
        # Shares may add up to just below 1, and top-p 1 must still keep everything.
        top_p = [math.inf if each.top_p is None or each.top_p >= 1 else each.top_p for each in samplings]
        return cls(
            temperature_B=torch.tensor([float(each.temperature) for each in samplings], device=device),
            top_k_B=torch.tensor(top_k, device=device),
            top_p_B=torch.tensor(top_p, device=device),
            min_p_B=torch.tensor([each.min_p or 0.0 for each in samplings], device=device),
        )

    def each_beam(self, beams: int) -> Self:
        """A row a hypothesis."""
        rows_N = torch.arange(len(self.temperature_B), device=self.temperature_B.device).repeat_interleave(beams)
        return self.select(rows_N)

    def whole(self, logp_NV: Tensor) -> tuple[Tensor, Tensor]:
        """Every token's weight, and its column. A row's weights sum to no particular number."""
        weight_NV = (logp_NV / self.temperature_B[:, None]).softmax(dim=-1)
        return weight_NV, torch.arange(logp_NV.shape[1], device=logp_NV.device).expand_as(logp_NV)

    def cut(self, logp_NV: Tensor) -> tuple[Tensor, Tensor]:
        """The same for as many of the likeliest tokens as are needed, 0 for those that are cut."""
        peak_N1, temperature_N1 = logp_NV.amax(dim=-1, keepdim=True), self.temperature_B[:, None]
        top_k_N1, top_p_N1, min_p_N1 = self.top_k_B[:, None], self.top_p_B[:, None], self.min_p_B[:, None]
        limited = self.top_k_B[self.top_k_B < EVERY_TOKEN].tolist()
        ranks = max(limited, default=1)
        whole_N1 = torch.zeros_like(peak_N1)
        if len(limited) < len(logp_NV):
            ranks = max(ranks, FIRST_RANKS)
            whole_N1 = ((logp_NV - peak_N1) / temperature_N1).exp().sum(dim=-1, keepdim=True)
        while True:
            ranks = min(ranks, logp_NV.shape[1])
            logp_NR, column_NR = logp_NV.topk(ranks, dim=-1)
            weight_NR = ((logp_NR - peak_N1) / temperature_N1).exp()
            weight_NR = weight_NR * (torch.arange(ranks, device=logp_NV.device) < top_k_N1)
            sum_NR = weight_NR.cumsum(dim=-1)
            whole_N1 = torch.where(top_k_N1 < EVERY_TOKEN, sum_NR[:, -1:], whole_N1)
            kept_NR = (sum_NR - weight_NR < top_p_N1 * whole_N1) & (weight_NR >= min_p_N1)
            open_N1 = kept_NR[:, -1:] & (top_k_N1 > ranks)
            if ranks == logp_NV.shape[1] or not open_N1.any():
                return weight_NR * kept_NR, column_NR
            ranks *= 8


class Draws:
    """The picker of sampling: every beam goes on by itself."""

    lanes = 1
    brief = False

    def __init__(self, samplings: Sequence[Sampling], widths: Sequence[int], *, device: torch.device | None) -> None:
        self.sharpness = Sharpness.of(samplings, device=device)
        self.cut = samplings[0].cuts
        self._chances = Chances([each.seed for each in samplings])
        self._widths = list(widths)
        self._uniform: list[float] = []
        """A number for each row of the step."""

    @classmethod
    def of(cls, requests: Sequence[Request], *, vocabulary_size: int, device: torch.device | None) -> Self:
        samplings = [request.search for request in requests if isinstance(request.search, Sampling)]
        return cls(samplings, [request.beams for request in requests], device=device)

    def begin(self, live: Hypotheses) -> Hypotheses:
        return live.independent()

    def pick(
        self, logp_NV: Tensor, live: Hypotheses, columns: Columns, progress: Sequence[Progress], *, again: Sequence[int]
    ) -> Choice:
        if again:
            for row in again:
                self._uniform[row] = float(self._chances.uniform(row // live.beams, 1))
        else:
            drawn = [self._chances.uniform(place, width).tolist() for place, width in enumerate(self._widths)]
            self._uniform = [one for each in drawn for one in each + [0.0] * (live.beams - len(each))]
        uniform_N = torch.tensor(self._uniform, device=logp_NV.device)
        return by_chance(logp_NV, live, columns, sharpness=self.sharpness, cut=self.cut, uniform_N=uniform_N)

    def keep(self, places: Sequence[int], rows_B: Tensor) -> None:
        self.sharpness = self.sharpness.select(rows_B)
        self._chances.keep(places)
        self._widths = [self._widths[place] for place in places]

    def join(self, other: Self) -> None:
        self.sharpness = self.sharpness.join(other.sharpness)
        self._chances.join(other._chances)
        self._widths += other._widths


def by_chance(
    logp_NV: Tensor, live: Hypotheses, columns: Columns, *, sharpness: Sharpness, cut: bool, uniform_N: Tensor
) -> Choice:
    """Each hypothesis goes on by itself, with a token drawn for it. Log-probabilities stay the model's own."""
    sharpness = sharpness.each_beam(live.beams)
    weight_NR, column_NR = sharpness.cut(logp_NV) if cut else sharpness.whole(logp_NV)
    column_N = column_NR.gather(1, draw(weight_NR, uniform_N)[:, None])[:, 0]
    logp_N = logp_NV.gather(1, column_N[:, None])[:, 0]
    peak_N = logp_NV.amax(dim=-1)
    logp_N = torch.where(peak_N.isfinite(), logp_N, peak_N)  # NaN: the model gave one; -inf: all is barred
    return each_by_itself(logp_N, columns.ids(column_N), live)


def draw(weight_NR: Tensor, uniform_N: Tensor) -> Tensor:
    """The place at which the running sum passes ``uniform``'s share of the whole."""
    sum_NR = weight_NR.cumsum(dim=-1)
    whole_N = sum_NR[:, -1]
    below_whole_N = torch.nextafter(whole_N, torch.zeros_like(whole_N))
    share_N = torch.minimum(uniform_N * whole_N, below_whole_N)
    return torch.searchsorted(sum_NR, share_N[:, None], right=True)[:, 0].clamp(max=weight_NR.shape[1] - 1)

"""Diverse beam search: groups that choose one after the other, each away from what those before it chose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import torch
from torch import Tensor

from seqloom.decoding.beam import best
from seqloom.decoding.choice import Choice
from seqloom.decoding.columns import Columns
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.progress import Progress
from seqloom.decoding.request import DiverseBeam, Request
from seqloom.nn.state import Rows

__all__ = ["Groups"]


@dataclass(frozen=True, kw_only=True)
class _Strengths(Rows):
    strength_B: Tensor


class Groups:
    """Vijayakumar et al. 2018, algorithm 1, with the Hamming penalty of this step (section 5.1).

    A group competes by log-probability less λ for each hypothesis of the groups before it that takes the same token
    now. Log-probabilities stay the model's own, so the penalty of one step does not weigh on the next.
    """

    brief = False

    def __init__(self, searches: Sequence[DiverseBeam], *, device: torch.device | None) -> None:
        self.lanes = searches[0].groups
        self._strengths = _Strengths(
            strength_B=torch.tensor([float(each.strength) for each in searches], device=device)
        )

    @classmethod
    def of(cls, requests: Sequence[Request], *, vocabulary_size: int, device: torch.device | None) -> Self:
        return cls([each.search for each in requests if isinstance(each.search, DiverseBeam)], device=device)

    def begin(self, live: Hypotheses) -> Hypotheses:
        """The first beam of every group alive."""
        total_N = torch.full_like(live.total_N, -math.inf)
        total_N[:: live.beams // self.lanes] = 0
        return replace(live, total_N=total_N)

    def pick(
        self, logp_NV: Tensor, live: Hypotheses, columns: Columns, progress: Sequence[Progress], *, again: Sequence[int]
    ) -> Choice:
        if self.lanes == 1:
            return best(logp_NV, live, columns)
        width = live.beams // self.lanes
        wanted_B1 = live.width_B[:, None] // self.lanes
        rank_K = torch.arange(width, device=logp_NV.device)
        logp_BGKV = logp_NV.unflatten(0, (-1, self.lanes, width))
        total_BGK = live.total_N.unflatten(0, (-1, self.lanes, width))
        taken_BV = torch.zeros_like(logp_BGKV[:, 0, 0])
        chosen = []
        for group in range(self.lanes):
            penalty_B1V = (self._strengths.strength_B[:, None].to(logp_NV.dtype) * taken_BV)[:, None]
            choice = _group(logp_BGKV[:, group], total_BGK[:, group], penalty_B1V)
            choice = choice._replace(total_BK=choice.total_BK.masked_fill(rank_K >= wanted_B1, -math.inf))
            taken_BV.scatter_add_(1, choice.column_BK, (choice.total_BK > -math.inf).to(taken_BV.dtype))
            chosen.append(choice._replace(parent_BK=choice.parent_BK + group * width))
        parent_BK, column_BK, logp_BK, total_BK = (torch.cat(parts, dim=1) for parts in zip(*chosen, strict=True))
        first_row_B1 = torch.arange(len(parent_BK), device=parent_BK.device)[:, None] * live.beams
        return Choice(
            beams=live.beams,
            parent_N=(first_row_B1 + parent_BK).flatten(),
            token_N=columns.ids(column_BK.flatten()),
            logp_N=logp_BK.flatten(),
            total_N=total_BK.flatten(),
        )

    def keep(self, places: Sequence[int], rows_B: Tensor) -> None:
        self._strengths = self._strengths.select(rows_B)

    def join(self, other: Self) -> None:
        self._strengths = self._strengths.join(other._strengths)


class _Chosen(NamedTuple):
    """What the K beams of a group go on with; parents are counted within the group."""

    parent_BK: Tensor
    column_BK: Tensor
    logp_BK: Tensor
    total_BK: Tensor


def _group(logp_BKV: Tensor, total_BK: Tensor, penalty_B1V: Tensor) -> _Chosen:
    """The K best continuations of a group's K hypotheses, by what is left of them after the penalty."""
    width = total_BK.shape[1]
    # A group's K best are among the K best of each hypothesis.
    left_BKC, column_BKC = (logp_BKV - penalty_B1V).topk(min(width, logp_BKV.shape[2]), dim=-1)
    dead_BK1 = (total_BK == -math.inf)[..., None]
    rank_BC = (total_BK[..., None] + left_BKC).masked_fill(dead_BK1, -math.inf).flatten(1)
    place_BK = rank_BC.topk(width, dim=-1).indices
    parent_BK = place_BK // left_BKC.shape[2]
    column_BK = column_BKC.flatten(1).gather(1, place_BK)
    logp_BK = logp_BKV.gather(2, column_BKC).flatten(1).gather(1, place_BK)
    dead_BK = dead_BK1[..., 0].gather(1, parent_BK)
    return _Chosen(
        parent_BK, column_BK, logp_BK, (total_BK.gather(1, parent_BK) + logp_BK).masked_fill(dead_BK, -math.inf)
    )

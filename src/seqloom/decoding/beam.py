"""The choice of the best: beam search, and greedy search as its narrowest case. ``draws`` has the choice by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from seqloom.decoding.banks import shared_out
from seqloom.decoding.choice import Choice
from seqloom.decoding.columns import Columns
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.progress import Progress
from seqloom.decoding.request import Request

__all__ = ["Beam", "among", "best", "each_by_itself"]


class Beam:
    """The picker of beam search. It remembers nothing."""

    lanes = 1
    brief = True

    @classmethod
    def of(cls, requests: Sequence[Request], *, vocabulary_size: int, device: torch.device | None) -> Self:
        return cls()

    def begin(self, live: Hypotheses) -> Hypotheses:
        return live

    def pick(
        self, logp_NV: Tensor, live: Hypotheses, columns: Columns, progress: Sequence[Progress], *, again: Sequence[int]
    ) -> Choice:
        return shared_out(best(logp_NV, live, columns), logp_NV, live, columns, progress)

    def keep(self, places: Sequence[int], rows_B: Tensor) -> None:
        """Nothing to forget."""

    def join(self, other: Self) -> None:
        """Nothing to add."""


def best(logp_NV: Tensor, live: Hypotheses, columns: Columns) -> Choice:
    """The K best of all continuations of a source's hypotheses. With K = 1: greedy search.

    ``logp_NV`` is -inf where a token is barred.
    """
    if live.beams == 1:
        logp_N, column_N = logp_NV.max(dim=-1)
        return each_by_itself(logp_N, columns.ids(column_N), live)
    # The K best of a source are among the K best of each hypothesis; so only K · K compete.
    logp_NC, column_NC = logp_NV.topk(min(live.beams, logp_NV.shape[1]), dim=-1)
    return among(logp_NC, columns.ids(column_NC), live)


def among(logp_NC: Tensor, token_NC: Tensor, live: Hypotheses) -> Choice:
    """The same where the best tokens of each hypothesis are known."""
    num_sources, beams = len(live.width_B), live.beams
    if beams == 1:
        logp_N, column_N = logp_NC.max(dim=-1)
        return each_by_itself(logp_N, token_NC.gather(1, column_N[:, None]).squeeze(1), live)
    dead_N1 = (live.total_N == -math.inf)[:, None]
    total_NC = (live.total_N[:, None] + logp_NC).masked_fill(dead_N1, -math.inf)
    total_BK, place_BK = total_NC.view(num_sources, -1).topk(beams, dim=-1)
    rank_K = torch.arange(beams, device=total_BK.device)
    first_row_B1 = torch.arange(num_sources, device=total_BK.device)[:, None] * beams
    return Choice(
        beams=beams,
        parent_N=(first_row_B1 + place_BK // logp_NC.shape[1]).flatten(),
        token_N=token_NC.view(num_sources, -1).gather(1, place_BK).flatten(),
        logp_N=logp_NC.view(num_sources, -1).gather(1, place_BK).flatten(),
        total_N=total_BK.masked_fill(rank_K >= live.width_B[:, None], -math.inf).flatten(),
    )


def each_by_itself(logp_N: Tensor, token_N: Tensor, live: Hypotheses) -> Choice:
    """Each hypothesis goes on by itself, with this token."""
    dead_N = live.total_N == -math.inf
    return Choice(
        beams=live.beams,
        parent_N=None,
        token_N=token_N,
        logp_N=logp_N,
        total_N=(live.total_N + logp_N).masked_fill(dead_N, -math.inf),
    )

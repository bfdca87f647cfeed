"""The Viterbi algorithm: hypotheses that have the same future are one, so that none has to be given up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Self

import torch
from torch import Tensor

from seqloom.decoding.choice import Choice
from seqloom.decoding.columns import Columns
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.progress import Progress
from seqloom.decoding.request import Request

__all__ = ["Merged"]


class Merged:
    """Of the hypotheses of one length with the same last token and constraint state, the n best go on.

    What follows depends on these two alone, so the others could only become answers that n better ones precede.
    """

    lanes = 1
    brief = False

    def __init__(self, requests: Sequence[Request], *, size: int) -> None:
        self._nbest = [each.nbest for each in requests]
        self._size = size

    @classmethod
    def of(cls, requests: Sequence[Request], *, vocabulary_size: int, device: torch.device | None) -> Self:
        return cls(requests, size=vocabulary_size)

    def begin(self, live: Hypotheses) -> Hypotheses:
        return live

    def pick(
        self, logp_NV: Tensor, live: Hypotheses, columns: Columns, progress: Sequence[Progress], *, again: Sequence[int]
    ) -> Choice:
        dead_N1 = (live.total_N == -math.inf)[:, None]
        total_NV = (live.total_N[:, None] + logp_NV).masked_fill(dead_N1, -math.inf)
        total_BKV = total_NV.unflatten(0, (-1, live.beams))
        own_words = columns.ids_V is None and columns.width > self._size
        parent_BK = torch.zeros(total_BKV.shape[:2], dtype=torch.long, device=logp_NV.device)
        column_BK = torch.zeros_like(parent_BK)
        best_BK = torch.full(total_BKV.shape[:2], -math.inf, dtype=total_NV.dtype, device=logp_NV.device)
        for place, each in enumerate(progress):
            total_KV, nbest = total_BKV[place], self._nbest[place]
            if (each.guard is None and not own_words) or total_KV.isnan().any():
                parent_P, column_P = _by_token(total_KV, nbest)
            else:
                parent_P, column_P = self._by_state(total_KV, nbest, columns, each)
            total_P = total_KV[parent_P, column_P]
            if len(total_P) > live.beams:
                total_P, kept_P = total_P.topk(live.beams)
                parent_P, column_P = parent_P[kept_P], column_P[kept_P]
            parent_BK[place, : len(parent_P)] = parent_P
            column_BK[place, : len(parent_P)] = column_P
            best_BK[place, : len(parent_P)] = total_P
        first_row_B1 = torch.arange(len(parent_BK), device=parent_BK.device)[:, None] * live.beams
        parent_N, column_N = (first_row_B1 + parent_BK).flatten(), column_BK.flatten()
        return Choice(
            beams=live.beams,
            parent_N=parent_N,
            token_N=columns.ids(column_N),
            logp_N=logp_NV[parent_N, column_N],
            total_N=best_BK.flatten(),
        )

    def keep(self, places: Sequence[int], rows_B: Tensor) -> None:
        self._nbest = [self._nbest[place] for place in places]

    def join(self, other: Self) -> None:
        self._nbest += other._nbest

    def _by_state(self, total_KV: Tensor, nbest: int, columns: Columns, progress: Progress) -> tuple[Tensor, Tensor]:
        """Merged by what the decoder reads next (its own unknown word, for words that are the source's own) and by
        what the constraints remember.
        """
        beam_P, column_P = (total_KV > -math.inf).nonzero(as_tuple=True)
        tokens = columns.ids(column_P).tolist()
        order_P = total_KV[beam_P, column_P].argsort(descending=True, stable=True)
        beams = beam_P.tolist()
        unknown, eos = columns.vocabulary.unk, columns.vocabulary.eos
        kept: list[int] = []
        futures: Counter[Hashable] = Counter()
        for one in order_P.tolist():
            token = tokens[one]
            future: Hashable = eos
            if token != eos:
                future = (token if token < self._size else unknown, progress.after(beams[one], token))
            futures[future] += 1
            if futures[future] <= nbest:
                kept.append(one)
        if len(kept) > total_KV.shape[0]:
            progress.fault = _TOO_MANY.format(total_KV.shape[0], len(kept))
        kept_P = torch.tensor(kept, dtype=torch.long, device=total_KV.device)
        return beam_P[kept_P], column_P[kept_P]


_TOO_MANY = (
    '`search` "viterbi" must keep {} hypotheses at most, but `constraints` tell {} apart. '
    'Raise `beams` to that, or take `search` "exact".'
)


def _by_token(total_KV: Tensor, nbest: int) -> tuple[Tensor, Tensor]:
    """The n best ways to each token: parents and columns."""
    parent_RV = total_KV.topk(min(nbest, len(total_KV)), dim=0).indices
    column_RV = torch.arange(total_KV.shape[1], device=total_KV.device).expand_as(parent_RV)
    return parent_RV.flatten(), column_RV.flatten()

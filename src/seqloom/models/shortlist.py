"""The tokens that the answers of a batch may be made of, each source's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.nn.memory import SourceBatch

__all__ = ["Lists", "Shortlist", "lists_of"]

Shortlist = Callable[[Sequence[int]], Iterable[int]]
"""Of a source's tokens, those that its answer may be made of."""


def lists_of(shortlist: Shortlist | None, source: SourceBatch, vocabulary: Specials) -> list[Tensor]:
    """In order, the end among them; none where all tokens may be said."""
    if shortlist is None:
        return []
    text = source.parts["text"]
    never = {vocabulary.pad, vocabulary.bos} - {vocabulary.eos}
    lengths = text.mask_BS.sum(1).tolist()
    every = [shortlist(ids_S[:length].tolist()) for ids_S, length in zip(text.values, lengths, strict=True)]
    return [torch.tensor(sorted({*each, vocabulary.eos} - never), device=text.values.device) for each in every]


class Lists:
    """A ``State``: the lists follow their sources."""

    def __init__(self, lists: Sequence[Tensor]) -> None:
        self.lists = lists

    def reorder(self, parents_N: Tensor) -> Self:
        return self

    def select(self, rows_B: Tensor) -> Self:
        return type(self)([self.lists[row] for row in rows_B.tolist()])

    def join(self, other: Self) -> Self:
        return type(self)([*self.lists, *other.lists])

    @cached_property
    def columns_V(self) -> Tensor:
        """Of all sources, so that one product makes every score."""
        return torch.cat([*self.lists]).unique()

    @cached_property
    def own_BV(self) -> Tensor:
        """Which of the columns are the source's own."""
        own_BV = torch.zeros(len(self.lists), len(self.columns_V), dtype=torch.bool, device=self.columns_V.device)
        for row_V, listed in zip(own_BV, self.lists, strict=True):
            row_V[torch.searchsorted(self.columns_V, listed)] = True
        return own_BV

    def own(self, logp_NV: Tensor) -> Tensor:
        """The probabilities given that each answer is made of its own list: whoever else is in the batch has no say."""
        beams = len(logp_NV) // len(self.lists)
        logp_NV = logp_NV.masked_fill(~self.own_BV.repeat_interleave(beams, 0), -torch.inf)
        return logp_NV - logp_NV.logsumexp(-1, keepdim=True)

"""The tokens that the answers of a batch may be made of, each source's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.nn.contracts import Features, Head
from seqloom.nn.memory import Memory, SourceBatch

__all__ = ["Lists", "Shortlist", "said"]

Shortlist = Callable[[Sequence[int]], ArrayLike]
"""Of a source's tokens, those that its answer may be made of."""


class Lists:
    """A ``State``: the lists follow their sources."""

    def __init__(self, lists: Sequence[Tensor]) -> None:
        """Each in order, with the end, without padding and the beginning."""
        self.lists = lists

    @classmethod
    def of(cls, shortlist: Shortlist | None, source: SourceBatch, vocabulary: Specials) -> Self | None:
        """None where all tokens may be said."""
        if shortlist is None:
            return None
        text = source.parts["text"]
        lengths = text.mask_BS.sum(1).tolist()
        lists = []
        for ids_S, length in zip(text.values, lengths, strict=True):
            listed = np.unique(np.append(np.asarray(shortlist(ids_S[:length].tolist()), np.int64), vocabulary.eos))
            said = (listed == vocabulary.eos) | ((listed != vocabulary.pad) & (listed != vocabulary.bos))
            lists.append(torch.from_numpy(listed[said]).to(text.values.device))
        return cls(lists)

    def reorder(self, parents_N: Tensor) -> Self:
        return self

    def select(self, rows_B: Tensor) -> Self:
        return type(self)([self.lists[row] for row in rows_B.tolist()])

    def join(self, other: Self) -> Self:
        return type(self)([*self.lists, *other.lists])

    @cached_property
    def address_B(self) -> Tensor:
        """Where each begins."""
        return torch.tensor([each.data_ptr() for each in self.lists])

    @cached_property
    def length_B(self) -> Tensor:
        return torch.tensor([len(each) for each in self.lists])

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


def said(head: Head, at: Features, memory: Memory, lists: Lists | None) -> tuple[Tensor, Tensor | None]:
    """What a head says, and of which tokens; None: of all, in order."""
    if lists is None:
        return head(at, memory), None
    return lists.own(head(at, memory, columns_V=lists.columns_V)), lists.columns_V

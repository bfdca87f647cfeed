"""Which token a column of log-probabilities stands for, and the masks that follow from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from seqloom.core.errors import DecodingError
from seqloom.core.specials import Specials

__all__ = ["Columns"]


class Columns:
    """The columns of one step: all ids in order, or a shortlist of them. Masks are written in place."""

    def __init__(self, ids_V: Tensor | None, *, width: int, vocabulary: Specials, device: torch.device) -> None:
        self.ids_V = ids_V
        self.width = width
        self.vocabulary = vocabulary
        self.device = device

    def same(self, ids_V: Tensor | None, width: int) -> bool:
        """A shortlist is looked at again only when it is another tensor."""
        return self.ids_V is ids_V and self.width == width

    def ids(self, column_N: Tensor) -> Tensor:
        return column_N if self.ids_V is None else self.ids_V[column_N]

    def places(self, id_P: Tensor) -> Tensor:
        """The columns of tokens, -1 for one that has none."""
        if self.ids_V is None:
            return id_P.masked_fill(id_P >= self.width, -1)
        found_PV = self.ids_V == id_P[:, None]
        return found_PV.long().argmax(dim=1).masked_fill(~found_PV.any(dim=1), -1)

    def of(self, id_P: Tensor) -> Tensor:
        """Where the tokens are: True at their columns. Ids without a column are nowhere."""
        if self.ids_V is not None:
            return torch.isin(self.ids_V, id_P)
        found_V = torch.zeros(self.width, dtype=torch.bool, device=self.device)
        found_V[id_P[id_P < self.width]] = True
        return found_V

    @cached_property
    def end(self) -> int:
        """The column of the end."""
        if self.ids_V is None:
            return self.vocabulary.eos
        places = (self.ids_V == self.vocabulary.eos).nonzero()
        if len(places) != 1:
            raise DecodingError(
                f"a shortlist must have the end (id {self.vocabulary.eos}) once, but has it {len(places)} times. "
                "Add it."
            )
        return int(places[0])

    def bar_specials(self, logp_NV: Tensor) -> None:
        """No answer contains padding or the beginning (which a few models give the same id as the end)."""
        logp_NV.index_fill_(1, self._specials, -math.inf)

    def bar_end(self, logp_BKV: Tensor, sources: Sequence[int]) -> None:
        if sources:
            logp_BKV[sources, :, self.end] = -math.inf

    def only_end(self, logp_BKV: Tensor, sources: Sequence[int]) -> None:
        if sources:
            end_BK = logp_BKV[sources, :, self.end]
            logp_BKV[sources] = -math.inf
            logp_BKV[sources, :, self.end] = end_BK

    @cached_property
    def _specials(self) -> Tensor:
        barred = {self.vocabulary.pad, self.vocabulary.bos} - {self.vocabulary.eos}
        return self.of(torch.tensor(sorted(barred), device=self.device)).nonzero().flatten()

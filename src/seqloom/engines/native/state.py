"""What the kernels carry from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.models.shortlist import Lists
from seqloom.nn.state import BeamRows

__all__ = ["Held", "NativeState"]

_ROOM = 16


class Held:
    """What each source holds in memory of its own, so that none is copied when another comes or goes.

    The keys and values of its answer, (T, K, X), and of its memory, (S, X), all layers together.
    """

    def __init__(self, pasts: Sequence[Tensor], memories: Sequence[Tensor]) -> None:
        self.pasts = pasts
        self.memories = memories

    def reorder(self, parents_N: Tensor) -> Self:
        return self

    def select(self, rows_B: Tensor) -> Self:
        rows = rows_B.tolist()
        return type(self)([self.pasts[row] for row in rows], [self.memories[row] for row in rows])

    def join(self, other: Self) -> Self:
        return type(self)([*self.pasts, *other.pasts], [*self.memories, *other.memories])

    def with_room(self, length: int) -> Self:
        """For so many tokens of each answer."""
        if length <= self._room:
            return self
        return type(self)([_longer(past, length) for past in self.pasts], self.memories)

    @cached_property
    def _room(self) -> int:
        return min(len(past) for past in self.pasts)

    @cached_property
    def past_B(self) -> Tensor:
        """Where each begins."""
        return torch.tensor([past.data_ptr() for past in self.pasts])

    @cached_property
    def memory_B(self) -> Tensor:
        return torch.tensor([memory.data_ptr() for memory in self.memories])


def _longer(past_TKX: Tensor, length: int) -> Tensor:
    have, *sizes = past_TKX.shape
    if have >= length:
        return past_TKX
    longer = past_TKX.new_empty(max(length, 2 * have), *sizes)
    longer[:have] = past_TKX
    return longer


@dataclass(frozen=True, kw_only=True)
class NativeState(BeamRows):
    """What the kernels know of the tokens read and of the source."""

    held: Held
    beam_NT: Tensor | None
    """Which of its source's hypotheses read each token; None where there is one, or nothing is attended to."""
    cell_NX: Tensor | None
    """Where an SSRU's recurrence stands."""
    position_B: Tensor
    length: int
    """The most tokens that a row has read, at least."""
    length_B: Tensor
    """Positions of each source …"""
    longest_source: int
    """… and the most of them, at least."""
    lists: Lists | None
    """The tokens that each source's answer may be made of; None: all."""

    def select(self, rows_B: Tensor) -> Self:
        """The longest may be gone."""
        kept = super().select(rows_B)
        return replace(kept, length=int(kept.position_B.max()), longest_source=int(kept.length_B.max()))

    def with_room(self) -> Self:
        """For one token more."""
        beam_NT = self.beam_NT
        if beam_NT is not None and beam_NT.shape[1] <= self.length:
            beam_NT = functional.pad(beam_NT, (0, _ROOM))
        return replace(self, beam_NT=beam_NT, held=self.held.with_room(self.length + 1))

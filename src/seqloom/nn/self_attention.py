"""What a Transformer decoder's layer may know the earlier tokens by: attention, or something whose step costs less."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.nn.multihead import Visible
from seqloom.nn.positions import Positions
from seqloom.nn.state import BeamRows, fold

__all__ = ["Past", "Reading", "SelfAttention", "put"]

_ROOM = 16


@dataclass(frozen=True, kw_only=True)
class Past(BeamRows):
    """What one layer knows of the tokens read."""

    def shorten(self, length: int) -> Self:
        """The longest rows have left: no row that stays has read more than ``length`` tokens."""
        return self


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Where the tokens stand that are read in one call; the same for all layers."""

    positions: Positions
    positions_NT: Tensor
    """(1, T) where all rows stand alike."""
    length: int
    """The longest row's number of tokens, these among them."""
    beams: int = 1
    beam_NT: Tensor | None = None
    """Which of its source's K hypotheses read the token that a hypothesis has at a place; None where K is 1."""
    show: bool = False
    """Whether it is to be shown where tokens looked."""

    @property
    def first(self) -> bool:
        """Whether nothing was read before."""
        return self.positions_NT.shape[1] == self.length

    @cached_property
    def visible(self) -> Visible:
        """Earlier tokens: all rows alike at first; later a source's, of all its hypotheses, to each its own.

        Then the keys are places × K, and the queries K × T. Made when a layer first asks: it grows with the length, and
        not every kind needs it.
        """
        keys_S = torch.arange(self.length, device=self.positions_NT.device)
        bias_NHTS = self.positions.bias(self.positions_NT, keys_S)
        if self.first:
            return Visible(causal=True, bias_NHTS=bias_NHTS)
        earlier_NTS = keys_S <= self.positions_NT[..., None]
        if self.beam_NT is None:
            return Visible(mask=earlier_NTS[:, None], bias_NHTS=bias_NHTS)
        beams_K = torch.arange(self.beams, device=keys_S.device)
        own_NSK = self.beam_NT[:, : self.length, None] == beams_K
        own_NTSK = earlier_NTS[..., None] & own_NSK[:, None]
        if bias_NHTS is not None:
            bias_NTHS = bias_NHTS.transpose(1, 2).expand(own_NSK.shape[0], -1, -1, -1)
            bias_NHTS = fold(bias_NTHS, self.beams).transpose(1, 2).repeat_interleave(self.beams, -1)
        return Visible(mask=fold(own_NTSK.flatten(2), self.beams)[:, None], bias_NHTS=bias_NHTS)


class SelfAttention(Protocol):
    """A module that reads T tokens after those it has read: all of them while learning, one a call while answering."""

    steady: bool
    """Whether a step costs the same wherever it stands."""

    def start(self, rows: int, *, beams: int, like: Tensor) -> Past:
        """Nothing read yet; ``like`` has the device and the precision."""
        ...

    # A kind takes the past that it started, which a protocol cannot say.
    def read(self, x_NTD: Tensor, past: Any, reading: Reading) -> tuple[Tensor, Past, Tensor | None]:
        """What the layer adds to each token, its past with them, and where each looked, (N, H, T, T): where that is to
        be shown, of a kind that looks, and all was read in this call."""
        ...


def put(past_BT: Tensor, new_BT: Tensor, positions_BT: Tensor, length: int) -> Tensor:
    """The new positions in the past (B, T, …), which grows to ``length`` if need be; in place unless a gradient needs
    the past as it was."""
    missing = length - past_BT.shape[1]
    if missing > 0:
        past_BT = functional.pad(past_BT, (0, 0) * (past_BT.dim() - 2) + (0, missing + _ROOM))
    rows_B1 = torch.arange(past_BT.shape[0], device=past_BT.device)[:, None]
    into = Tensor.index_put if torch.is_grad_enabled() else Tensor.index_put_
    return into(past_BT, (rows_B1, positions_BT), new_BT)

"""What a Transformer decoder's layer may know the earlier tokens by: attention, or something whose step costs less."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import torch
from torch import Tensor

from seqloom.nn.multihead import Visible
from seqloom.nn.positions import Positions
from seqloom.nn.state import BeamRows

__all__ = ["Past", "Reading", "SelfAttention"]


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

    @cached_property
    def visible(self) -> Visible:
        """Earlier tokens: all rows alike at first, each row up to its own position later.

        Made when a layer first asks: it grows with the length, and not every kind needs it.
        """
        keys_S = torch.arange(self.length, device=self.positions_NT.device)
        bias_NHTS = self.positions.bias(self.positions_NT, keys_S)
        if self.positions_NT.shape[1] == self.length:
            return Visible(causal=True, bias_NHTS=bias_NHTS)
        return Visible(mask=(keys_S <= self.positions_NT[..., None])[:, None], bias_NHTS=bias_NHTS)


class SelfAttention(Protocol):
    """A module that reads T tokens after those it has read: all of them while learning, one a call while answering."""

    steady: bool
    """Whether a step costs the same wherever it stands."""

    def start(self, rows: int, *, beams: int, like: Tensor) -> Past:
        """Nothing read yet; ``like`` has the device and the precision."""
        ...

    # A kind takes the past that it started, which a protocol cannot say.
    def read(self, x_NTD: Tensor, past: Any, reading: Reading) -> tuple[Tensor, Past]:
        """What the layer adds to each token, and its past with them."""
        ...

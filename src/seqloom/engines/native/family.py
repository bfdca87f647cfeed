"""What the kernels must know of a kind of decoder."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar, Protocol, Self

from torch import Tensor

from seqloom.engines.native.packing import Packing
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.memory import Memory

__all__ = ["Family"]


class Family(Protocol):
    """A model's decoder as its kernel reads it."""

    function: ClassVar[str]
    """The kernel's name in the library."""
    hidden: int
    """Width of the states that the head reads."""
    past: int
    """How many numbers a token leaves behind for later ones to look at; 0: none."""
    cell: int
    """How many numbers a hypothesis carries from step to step; 0: none."""

    @property
    def table(self) -> ctypes.Structure:
        """What the kernel is given first."""
        ...

    @classmethod
    def takes(cls, decoder: Any) -> bool:
        """Whether the kernel knows all that this decoder is made of."""
        ...

    @classmethod
    def of(cls, network: EncoderDecoder, packing: Packing) -> Self: ...

    def memory_BSX(self, memory: Memory) -> Tensor:
        """What each position of the sources is to all layers."""
        ...

    def cell_BX(self, memory: Memory) -> Tensor | None:
        """Where the recurrence of each source's answer begins; None: nothing is carried."""
        ...

    def reach(self, length: int) -> None:
        """Be ready for so many positions."""
        ...

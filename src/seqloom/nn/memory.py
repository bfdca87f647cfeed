"""What goes into an encoder, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor, nn

from seqloom.nn.state import Rows

__all__ = ["Encoder", "Memory", "MemoryShape", "Part", "SourceBatch"]


@dataclass(frozen=True, kw_only=True)
class Part(Rows):
    """One modality of a batch of sources: token ids (BS), real-valued frames (BSC) or pictures (BCYX)."""

    values: Tensor
    mask_BS: Tensor
    """True at real positions, which come first in each row."""


@dataclass(frozen=True, kw_only=True)
class SourceBatch(Rows):
    """A batch of sources, numbered and padded."""

    fills: ClassVar[Mapping[str, int]] = {"units_BU": -1}

    parts: Mapping[str, Part]
    """By name. Modalities: "text" (token ids), "vectors" (real-valued frames), "image", "latent" …; "text.pos" is the
    factor pos of the tokens of "text" and lies in the same positions; any other name, "draft" say, is a further text
    that the recipe so calls."""
    copy_BS: Tensor | None = None
    """Target ids of the source tokens; ids ≥ V are that row's own words."""
    units_BU: Tensor | None = None
    """Positions to label (the first piece of each word), padded with -1; None: every position."""


@dataclass(frozen=True, kw_only=True)
class Memory(Rows):
    """What an encoder leaves behind. The first one of a stack is the embedded source itself."""

    fills: ClassVar[Mapping[str, int]] = {"units_BU": -1}

    states_BSD: Tensor
    mask_BS: Tensor
    """True at real positions."""
    inputs_BSD: Tensor | None = None
    """The embedded source, for convolutional attention; None: use the states."""
    final: tuple[Tensor, ...] = ()
    """(), (h,) or (h, c): the last state of each layer, each (B, L, D)."""
    copy_BS: Tensor | None = None
    units_BU: Tensor | None = None
    """Both in memory positions; a position from which nothing can be copied has -1."""
    part_BS: Tensor | None = None
    """Which part a position came from, and …"""
    place_BS: Tensor | None = None
    """… where in it."""
    losses: Mapping[str, Tensor] = field(default_factory=dict)
    """The encoder's own terms (KL, CTC), one a row."""

    def mean_BD(self) -> Tensor:
        """The mean of the states at real positions."""
        mask_BS1 = self.mask_BS[..., None].to(self.states_BSD.dtype)
        return (self.states_BSD * mask_BS1).sum(1) / mask_BS1.sum(1).clamp(min=1)


@dataclass(frozen=True, kw_only=True)
class MemoryShape:
    """The sizes of a ``Memory``, known when a model is built, so that a decoder can be fitted to it."""

    width: int
    inputs_width: int | None = None
    final_parts: int = 0
    """How many tensors ``final`` has: 0, 1 (h) or 2 (h, c)."""
    final_layers: int = 0
    final_width: int = 0
    of_source: bool = True
    """Whether the positions are the source's, so that its words can be copied from them and labelled there."""
    apart: bool = False
    """Whether it stands beside other sources, of which its own positions know nothing."""


class Encoder(nn.Module):
    """A ``Memory`` in, a better ``Memory`` out. Encoders stack because both ends are the same."""

    shape: MemoryShape
    """Of the memory that ``forward`` leaves."""
    latent: int | None = None
    """How many numbers a source is condensed to, which can be given in its place; None: it is not."""
    attends: bool = False
    """Whether its layers look at its own positions, which ``self_attention`` shows."""

    def forward(self, memory: Memory) -> Memory:
        raise NotImplementedError

    def self_attention(self, memory: Memory) -> tuple[Tensor, ...]:
        """Where each layer's positions look, (B, H, S, S) from the bottom to the top.

        (): not all of its layers look at the whole source and at nothing else, so that nobody can say of what a state
        is made.
        """
        return ()

    def imagine(self, z_BZ: Tensor) -> Memory:
        """The memory of a source that was condensed to these numbers."""
        raise NotImplementedError

    def __call__(self, memory: Memory) -> Memory:
        # nn.Module types its call as Any; this keeps a wrong argument visible to the type checker.
        result: Memory = super().__call__(memory)
        return result

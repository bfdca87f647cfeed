"""The recurrent encoder: any cell, one direction or two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive, Rate
from seqloom.nn import chance
from seqloom.nn.layers import Layers
from seqloom.nn.memory import Encoder, Memory, MemoryShape
from seqloom.nn.recurrent import CellKind, CellName, CellState, Recurrence, reverse_rows

__all__ = ["RecurrentEncoder", "RecurrentEncoderSettings"]


@dataclass(frozen=True, kw_only=True)
class RecurrentEncoderSettings:
    """The recurrent encoder."""

    kind: Literal["recurrent"] = "recurrent"
    cell: CellName = "gru"
    layers: Positive = 1
    width: Positive = 256
    """Of what it leaves; two directions have half of it each."""
    bidirectional: bool = True
    residual: bool = False
    """Each layer but the first adds its input."""
    norm: bool = False
    """Layer normalisation of the gates."""
    dropout: Rate = 0.0
    """Between layers, and on what it leaves."""
    variational: bool = False
    """One dropout mask a sequence, on the state too."""
    initial: Literal["zero", "learnt"] = "zero"
    """The state before the first token."""

    def __post_init__(self) -> None:
        if self.bidirectional and self.width % 2:
            raise RecipeError(f"width must be even with two directions, but is {self.width}.")

    def build(self, *, memory: MemoryShape) -> RecurrentEncoder:
        return RecurrentEncoder(self, memory=memory)


class Layer(nn.Module):
    """One recurrence, or two that read the source from both ends (Schuster & Paliwal 1997)."""

    def __init__(self, kind: CellKind, *, inputs: int, bidirectional: bool, learnt: bool) -> None:
        super().__init__()
        self.forwards = Recurrence(kind, inputs)
        self.backwards = Recurrence(kind, inputs) if bidirectional else None
        directions = 2 if bidirectional else 1
        start = torch.randn(directions, kind.parts, kind.width) * 0.1 if learnt else None
        self.start = None if start is None else nn.Parameter(start)
        self.kind = kind

    def forward(self, x_BSI: Tensor, mask_BS: Tensor) -> tuple[Tensor, CellState]:
        h_BSD, state = self.forwards(x_BSI, self._start(x_BSI, 0), mask_BS)
        if self.backwards is None:
            return h_BSD, state
        back_BSD, back = self.backwards(reverse_rows(x_BSI, mask_BS), self._start(x_BSI, 1), mask_BS)
        both_BSD = torch.cat([h_BSD, reverse_rows(back_BSD, mask_BS)], dim=-1)
        return both_BSD, tuple(torch.cat(parts, dim=-1) for parts in zip(state, back, strict=True))

    def _start(self, x_BSI: Tensor, direction: int) -> CellState:
        num_sources = x_BSI.shape[0]
        if self.start is None:
            return tuple(x_BSI.new_zeros(num_sources, self.kind.width) for _ in range(self.kind.parts))
        return tuple(part_D.expand(num_sources, -1) for part_D in self.start[direction])


class RecurrentEncoder(Encoder):
    """Layers of recurrences; ``final`` is each layer's state after the last token, both directions side by side."""

    def __init__(self, settings: RecurrentEncoderSettings, *, memory: MemoryShape) -> None:
        super().__init__()
        directions = 2 if settings.bidirectional else 1
        kind = CellKind(
            name=settings.cell,
            width=settings.width // directions,
            norm=settings.norm,
            dropout=settings.dropout,
            variational=settings.variational,
        )
        self.residual = settings.residual
        self.dropout = settings.dropout
        self.variational = settings.variational
        self.layers = Layers(
            Layer(
                kind,
                inputs=memory.width if layer == 0 else settings.width,
                bidirectional=settings.bidirectional,
                learnt=settings.initial == "learnt",
            )
            for layer in range(settings.layers)
        )
        self.shape = replace(
            memory,
            width=settings.width,
            final_parts=kind.parts,
            final_layers=settings.layers,
            final_width=settings.width,
            apart=memory.apart and not settings.bidirectional,
        )

    def forward(self, memory: Memory) -> Memory:
        x_BSD = memory.states_BSD
        finals: list[CellState] = []
        for number, layer in enumerate(self.layers):
            below_BSD = self._drop(x_BSD) if number else x_BSD
            h_BSD, final = layer(below_BSD, memory.mask_BS)
            x_BSD = h_BSD + below_BSD if self.residual and number else h_BSD
            finals.append(final)
        return replace(
            memory,
            states_BSD=self._drop(x_BSD),
            final=tuple(torch.stack(parts, 1) for parts in zip(*finals, strict=True)),
        )

    def _drop(self, x_BSD: Tensor) -> Tensor:
        if not self.variational:
            return chance.dropout(x_BSD, self.dropout, training=self.training)
        return x_BSD * chance.dropout(torch.ones_like(x_BSD[:, :1]), self.dropout, training=self.training)

"""From what an encoder leaves to what a recurrent decoder starts with."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.nn import initial
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.recurrent import CellKind, CellState

__all__ = ["Bridge", "InitialState", "summary_BD", "summary_width"]

InitialState = Literal["bridge", "zero", "learnt"]


def summary_width(shape: MemoryShape) -> int:
    return shape.final_width if shape.final_parts else shape.width


def summary_BD(memory: Memory) -> Tensor:
    """One vector a source: the last layer's last state, or the mean of the states where there is none."""
    return memory.final[0][:, -1] if memory.final else memory.mean_BD()


class Bridge(nn.Module):
    """The initial state: the encoder's last one where sizes agree (Sutskever et al. 2014), else tanh(W h + b)
    (Bahdanau et al. 2015, appendix A.2.2); or zeros; or learnt ones.
    """

    def __init__(self, memory: MemoryShape, kind: CellKind, *, layers: int, how: InitialState) -> None:
        super().__init__()
        self.sizes = (kind.parts, layers, kind.width)
        fits = (memory.final_layers, memory.final_width) == (layers, kind.width) and memory.final_parts >= kind.parts
        self.copies = how == "bridge" and fits
        self.project: nn.Linear | None = None
        self.learnt: nn.Parameter | None = None
        if how == "learnt":
            self.learnt = nn.Parameter(torch.randn(self.sizes) * 0.1)
        elif how == "bridge" and not fits:
            self.project = nn.Linear(summary_width(memory), kind.parts * layers * kind.width)
            initial.xavier(self.project)

    def forward(self, memory: Memory) -> CellState:
        parts, layers, width = self.sizes
        num_sources = memory.states_BSD.shape[0]
        if self.copies:
            return memory.final[:parts]
        if self.project is not None:
            flat_BR = torch.tanh(self.project(summary_BD(memory)))
            return flat_BR.view(num_sources, parts, layers, width).unbind(1)
        if self.learnt is not None:
            return tuple(part[None].expand(num_sources, -1, -1) for part in self.learnt)
        return tuple(memory.states_BSD.new_zeros(num_sources, layers, width) for _ in range(parts))

"""The simpler simple recurrent unit in place of attention to the earlier tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.nn.self_attention import Past, Reading
from seqloom.nn.transformer import LayerKind

__all__ = ["CellPast", "Ssru", "SsruSelfSettings"]


@dataclass(frozen=True, kw_only=True)
class SsruSelfSettings:
    """The simpler simple recurrent unit."""

    kind: Literal["ssru"] = "ssru"

    def build(self, layer: LayerKind) -> Ssru:
        return Ssru(layer.width)


@dataclass(frozen=True, kw_only=True)
class CellPast(Past):
    """Where the recurrence stands."""

    cell_ND: Tensor


class Ssru(nn.Module):
    """Kim et al. 2019, section 3.2: f_t = σ(W_f x_t + b_f); c_t = f_t ⊙ c_{t-1} + (1 - f_t) ⊙ W x_t; ReLU(c_t).

    Both products are made for all steps at once. What is left of a step is one interpolation; on a processor walking
    through them costs less than any of the scans that would take all steps together.
    """

    steady = True

    def __init__(self, width: int) -> None:
        super().__init__()
        self.forget = nn.Linear(width, width)
        self.value = nn.Linear(width, width, bias=False)

    def start(self, rows: int, *, beams: int, like: Tensor) -> CellPast:
        # In half precision a gate near 1 would be 1, and nothing be forgotten.
        precision = torch.promote_types(like.dtype, torch.float32)
        return CellPast(beams=beams, cell_ND=like.new_zeros(rows, self.value.out_features, dtype=precision))

    def read(self, x_NTD: Tensor, past: CellPast, reading: Reading) -> tuple[Tensor, CellPast, None]:
        c_ND = past.cell_ND
        f_NTD = self.forget(x_NTD).to(c_ND.dtype).sigmoid()
        w_NTD = self.value(x_NTD).to(c_ND.dtype)
        steps_ND = []
        for f_ND, w_ND in zip(f_NTD.unbind(1), w_NTD.unbind(1), strict=True):
            c_ND = torch.lerp(w_ND, c_ND, f_ND)
            steps_ND.append(c_ND)
        return torch.stack(steps_ND, 1).relu().to(x_NTD.dtype), replace(past, cell_ND=c_ND), None

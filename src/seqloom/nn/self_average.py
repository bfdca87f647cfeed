"""The average of all earlier tokens in place of attention to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.nn.self_attention import Past, Reading
from seqloom.nn.transformer import FeedForward, LayerKind

__all__ = ["AverageSelfAttention", "AverageSelfSettings", "SumPast"]


@dataclass(frozen=True, kw_only=True)
class AverageSelfSettings:
    """The average of the earlier tokens."""

    kind: Literal["average"] = "average"
    feed_forward: bool = True
    """Send the average through a feed-forward part of its own, as wide as the layer's."""

    def build(self, layer: LayerKind) -> AverageSelfAttention:
        return AverageSelfAttention(layer, feed_forward=self.feed_forward)


@dataclass(frozen=True, kw_only=True)
class SumPast(Past):
    """Of all tokens read; how many they are is the row's position."""

    sum_ND: Tensor


class AverageSelfAttention(nn.Module):
    """Zhang et al. 2018, section 3: g_t = FFN(1/t Σ_{s ≤ t} x_s); i_t, f_t = σ(W [x_t; g_t]); i_t ⊙ x_t + f_t ⊙ g_t.

    All steps are one cumulative sum; one step is one addition, wherever it stands.
    """

    steady = True

    def __init__(self, layer: LayerKind, *, feed_forward: bool) -> None:
        super().__init__()
        self.feed_forward: nn.Module = nn.Identity()
        if feed_forward:
            self.feed_forward = FeedForward(
                layer.width, inner=layer.feed_forward, activation=layer.activation, dropout=layer.dropout
            )
        self.gates = nn.Linear(2 * layer.width, 2 * layer.width)
        self.width = layer.width

    def start(self, rows: int, *, beams: int, like: Tensor) -> SumPast:
        # A sum of many numbers needs more digits than a half-precision run computes with.
        precision = torch.promote_types(like.dtype, torch.float32)
        return SumPast(beams=beams, sum_ND=like.new_zeros(rows, self.width, dtype=precision))

    def read(self, x_NTD: Tensor, past: SumPast, reading: Reading) -> tuple[Tensor, SumPast, None]:
        sums_NTD = past.sum_ND[:, None] + x_NTD.to(past.sum_ND.dtype).cumsum(1)
        average_NTD = (sums_NTD / (reading.positions_NT[..., None] + 1)).to(x_NTD.dtype)
        g_NTD = self.feed_forward(average_NTD)
        i_NTD, f_NTD = self.gates(torch.cat([x_NTD, g_NTD], -1)).sigmoid().chunk(2, -1)
        return i_NTD * x_NTD + f_NTD * g_NTD, replace(past, sum_ND=sums_NTD[:, -1]), None

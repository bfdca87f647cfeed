"""Attention to all earlier tokens, whose keys and values are kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.nn.multihead import MultiHeadAttention
from seqloom.nn.self_attention import Past, Reading
from seqloom.nn.transformer import LayerKind

__all__ = ["AttentionSelfSettings", "Cache", "CachedAttention"]


@dataclass(frozen=True, kw_only=True)
class AttentionSelfSettings:
    """Attention to the earlier tokens."""

    kind: Literal["attention"] = "attention"

    def build(self, layer: LayerKind) -> CachedAttention:
        return CachedAttention(layer.width, heads=layer.heads, kv_heads=layer.kv_heads, dropout=layer.attention_dropout)


@dataclass(frozen=True, kw_only=True)
class Cache(Past):
    """Keys and values of the tokens read so far; a position's index is its place in the sequence."""

    keys_NTGE: Tensor
    values_NTGE: Tensor

    def write(self, keys_NTGE: Tensor, values_NTGE: Tensor, positions_NT: Tensor, length: int) -> Cache:
        """With the new tokens at ``positions_NT``, none of which is ``length`` or more."""
        if self.keys_NTGE.shape[1] == 0:
            return replace(self, keys_NTGE=keys_NTGE, values_NTGE=values_NTGE)
        return replace(
            self,
            keys_NTGE=_put(self.keys_NTGE, keys_NTGE, positions_NT, length),
            values_NTGE=_put(self.values_NTGE, values_NTGE, positions_NT, length),
        )

    def until(self, length: int) -> tuple[Tensor, Tensor]:
        return self.keys_NTGE[:, :length], self.values_NTGE[:, :length]

    def shorten(self, length: int) -> Self:
        return replace(self, keys_NTGE=self.keys_NTGE[:, :length], values_NTGE=self.values_NTGE[:, :length])


_ROOM = 16


def _put(past_NTGE: Tensor, new_NTGE: Tensor, positions_NT: Tensor, length: int) -> Tensor:
    """Scatter the new positions into the past, in place unless a gradient needs the past as it was."""
    missing = length - past_NTGE.shape[1]
    if missing > 0:
        past_NTGE = functional.pad(past_NTGE, (0, 0, 0, 0, 0, missing + _ROOM))
    rows_N1 = torch.arange(len(past_NTGE), device=past_NTGE.device)[:, None]
    put = Tensor.index_put if torch.is_grad_enabled() else Tensor.index_put_
    return put(past_NTGE, (rows_N1, positions_NT), new_NTGE)


class CachedAttention(MultiHeadAttention):
    """Vaswani et al. 2017, section 3.2.3: each token attends to itself and those before it."""

    steady = False

    def start(self, rows: int, *, beams: int, like: Tensor) -> Cache:
        nothing_NTGE = like.new_zeros(rows, 0, self.key.out_features // self.head_width, self.head_width)
        return Cache(beams=beams, keys_NTGE=nothing_NTGE, values_NTGE=nothing_NTGE)

    def read(self, x_NTD: Tensor, past: Cache, reading: Reading) -> tuple[Tensor, Cache]:
        rotate = reading.positions.rotate
        q_NTHE = rotate(self.queries(x_NTD), reading.positions_NT)
        k_NTGE, v_NTGE = self.keys_values(x_NTD)
        past = past.write(rotate(k_NTGE, reading.positions_NT), v_NTGE, reading.positions_NT, reading.length)
        attended_NTD, _ = self(q_NTHE, *past.until(reading.length), reading.visible)
        return attended_NTD, past

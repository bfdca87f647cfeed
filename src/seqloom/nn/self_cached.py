"""Attention to all earlier tokens, whose keys and values are kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

from torch import Tensor

from seqloom.nn.multihead import MultiHeadAttention
from seqloom.nn.self_attention import Past, Reading, put
from seqloom.nn.state import fold, unfold
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
    """Keys and values of the tokens read so far, at their places in the sequence, each hypothesis' beside the others'.

    They stay where they were read: who descends from whom is known by ``Reading.beam_NT``, so that a new choice of
    hypotheses moves none of them.
    """

    keys_BTKGE: Tensor
    values_BTKGE: Tensor

    def write(self, keys_NTGE: Tensor, values_NTGE: Tensor, reading: Reading) -> Cache:
        """With the new tokens at their places."""
        new = [_beside(x_NTGE, self.beams) for x_NTGE in (keys_NTGE, values_NTGE)]
        if not reading.first:
            positions_BT = reading.positions_NT.unflatten(0, (-1, self.beams))[:, 0]
            past = (self.keys_BTKGE, self.values_BTKGE)
            new = [put(old, x_BTKGE, positions_BT, reading.length) for old, x_BTKGE in zip(past, new, strict=True)]
        return replace(self, keys_BTKGE=new[0], values_BTKGE=new[1])

    def until(self, length: int) -> tuple[Tensor, Tensor]:
        """Keys and values of all hypotheses, (B, places × K, G, E)."""
        return self.keys_BTKGE[:, :length].flatten(1, 2), self.values_BTKGE[:, :length].flatten(1, 2)

    def shorten(self, length: int) -> Self:
        return replace(self, keys_BTKGE=self.keys_BTKGE[:, :length], values_BTKGE=self.values_BTKGE[:, :length])


def _beside(x_NTGE: Tensor, beams: int) -> Tensor:
    """(N, T, …) → (B, T, K, …)."""
    return x_NTGE.unflatten(0, (-1, beams)).transpose(1, 2)


class CachedAttention(MultiHeadAttention):
    """Vaswani et al. 2017, section 3.2.3: each token attends to itself and those before it."""

    steady = False

    def start(self, rows: int, *, beams: int, like: Tensor) -> Cache:
        nothing_BTKGE = like.new_zeros(
            rows // beams, 0, beams, self.key.out_features // self.head_width, self.head_width
        )
        return Cache(beams=beams, keys_BTKGE=nothing_BTKGE, values_BTKGE=nothing_BTKGE)

    def read(self, x_NTD: Tensor, past: Cache, reading: Reading) -> tuple[Tensor, Cache, Tensor | None]:
        rotate = reading.positions.rotate
        q_NTHE = rotate(self.queries(x_NTD), reading.positions_NT)
        k_NTGE, v_NTGE = self.keys_values(x_NTD)
        k_NTGE = rotate(k_NTGE, reading.positions_NT)
        past = past.write(k_NTGE, v_NTGE, reading)
        if reading.first:
            attended_NTD, weights_NHTT = self(q_NTHE, k_NTGE, v_NTGE, reading.visible, show=reading.show)
            return attended_NTD, past, weights_NHTT
        attended_BQD, _ = self(fold(q_NTHE, past.beams), *past.until(reading.length), reading.visible)
        return unfold(attended_BQD, past.beams), past, None

"""The Transformer's layers: multi-head attention with a cache, the feed-forward part, and the two kinds of layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.nn.attention import masked_softmax
from seqloom.nn.positions import Positions
from seqloom.nn.state import fold, unfold

__all__ = [
    "Activation",
    "Cache",
    "DecoderLayer",
    "EncoderLayer",
    "FeedForward",
    "LayerKind",
    "MemoryKeys",
    "MultiHeadAttention",
    "Normalisation",
    "Order",
    "Visible",
]

Activation = Literal["relu", "gelu", "swiglu"]
Normalisation = Literal["layer", "rms"]
Order = Literal["pre", "post"]


@dataclass(frozen=True, kw_only=True)
class LayerKind:
    """All that one Transformer layer is, encoder's or decoder's."""

    width: int
    heads: int
    kv_heads: int
    feed_forward: int
    activation: Activation
    norm: Normalisation
    order: Order
    dropout: float
    attention_dropout: float

    def build_norm(self) -> nn.Module:
        return nn.LayerNorm(self.width) if self.norm == "layer" else nn.RMSNorm(self.width)


@dataclass(frozen=True, kw_only=True)
class Visible:
    """Which keys a query sees: real ones (``mask``, broadcast to (N, H, T, S)), earlier ones (``causal``), biased."""

    mask: Tensor | None = None
    causal: bool = False
    bias_NHTS: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class MemoryKeys:
    """The memory's keys and values for one layer, made once a source and shared by its beams."""

    keys_BSGE: Tensor
    values_BSGE: Tensor
    visible: Visible


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Keys and values of the tokens read so far; a position's index is its place in the sequence."""

    keys_NTGE: Tensor
    values_NTGE: Tensor

    def write(self, keys_NTGE: Tensor, values_NTGE: Tensor, positions_NT: Tensor, length: int) -> Cache:
        """With the new tokens at ``positions_NT``, none of which is ``length`` or more."""
        if self.keys_NTGE.shape[1] == 0:
            return Cache(keys_NTGE=keys_NTGE, values_NTGE=values_NTGE)
        return Cache(
            keys_NTGE=_put(self.keys_NTGE, keys_NTGE, positions_NT, length),
            values_NTGE=_put(self.values_NTGE, values_NTGE, positions_NT, length),
        )

    def until(self, length: int) -> tuple[Tensor, Tensor]:
        return self.keys_NTGE[:, :length], self.values_NTGE[:, :length]


_ROOM = 16


def _put(past_NTGE: Tensor, new_NTGE: Tensor, positions_NT: Tensor, length: int) -> Tensor:
    """Scatter the new positions into the past, in place unless a gradient needs the past as it was."""
    missing = length - past_NTGE.shape[1]
    if missing > 0:
        past_NTGE = functional.pad(past_NTGE, (0, 0, 0, 0, 0, missing + _ROOM))
    rows_N1 = torch.arange(len(past_NTGE), device=past_NTGE.device)[:, None]
    put = Tensor.index_put if torch.is_grad_enabled() else Tensor.index_put_
    return put(past_NTGE, (rows_N1, positions_NT), new_NTGE)


class MultiHeadAttention(nn.Module):
    """Vaswani et al. 2017, section 3.2.2: Concat(head_1 … head_H) W_O with head_i = softmax(Q_i K_iᵀ / √E) V_i.

    With fewer key-value heads than query heads, each serves a group of queries (Ainslie et al. 2023).
    """

    def __init__(
        self,
        width: int,
        *,
        heads: int,
        kv_heads: int | None = None,
        memory_width: int | None = None,
        dropout: float = 0,
    ) -> None:
        super().__init__()
        self.head_width = width // heads
        self.dropout = dropout
        kv_width = (kv_heads or heads) * self.head_width
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(memory_width or width, kv_width)
        self.value = nn.Linear(memory_width or width, kv_width)
        self.out = nn.Linear(width, width)

    def queries(self, x_NTD: Tensor) -> Tensor:
        q_NTHE: Tensor = self.query(x_NTD).unflatten(-1, (-1, self.head_width))
        return q_NTHE

    def keys_values(self, x_BSD: Tensor) -> tuple[Tensor, Tensor]:
        k_BSD, v_BSD = self.key(x_BSD), self.value(x_BSD)
        return k_BSD.unflatten(-1, (-1, self.head_width)), v_BSD.unflatten(-1, (-1, self.head_width))

    def forward(
        self, q_NTHE: Tensor, k_NSGE: Tensor, v_NSGE: Tensor, visible: Visible, *, show: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """The attended ``out_NTD``, and ``weights_NHTS`` if they are to be shown."""
        q_NHTE, k_NGSE, v_NGSE = (x.transpose(1, 2) for x in (q_NTHE, k_NSGE, v_NSGE))
        dropout = self.dropout if self.training else 0.0
        if show:
            attended_NHTE, weights_NHTS = _attend_shown(q_NHTE, k_NGSE, v_NGSE, visible, dropout)
        else:
            attended_NHTE, weights_NHTS = _attend(q_NHTE, k_NGSE, v_NGSE, visible, dropout), None
        return self.out(attended_NHTE.transpose(1, 2).flatten(2)), weights_NHTS


def _attend(q_NHTE: Tensor, k_NGSE: Tensor, v_NGSE: Tensor, visible: Visible, dropout: float) -> Tensor:
    """torch's own attention, with the mask in the form that it is fastest with."""
    causal = visible.causal and visible.bias_NHTS is None and visible.mask is None
    mask = None if causal else _mask(q_NHTE, k_NGSE, visible)
    if visible.bias_NHTS is not None:
        bias_NHTS = visible.bias_NHTS.to(q_NHTE.dtype)
        mask = bias_NHTS if mask is None else bias_NHTS.masked_fill(~mask, float("-inf"))
    return functional.scaled_dot_product_attention(
        q_NHTE,
        k_NGSE,
        v_NGSE,
        attn_mask=mask,
        is_causal=causal,
        dropout_p=dropout,
        enable_gqa=q_NHTE.shape[1] != k_NGSE.shape[1],
    )


def _attend_shown(
    q_NHTE: Tensor, k_NGSE: Tensor, v_NGSE: Tensor, visible: Visible, dropout: float
) -> tuple[Tensor, Tensor]:
    """The same equation written out, for whoever wants to see the weights."""
    group = q_NHTE.shape[1] // k_NGSE.shape[1]
    k_NHSE, v_NHSE = k_NGSE.repeat_interleave(group, 1), v_NGSE.repeat_interleave(group, 1)
    scores_NHTS = q_NHTE @ k_NHSE.transpose(2, 3) * q_NHTE.shape[-1] ** -0.5
    if visible.bias_NHTS is not None:
        scores_NHTS = scores_NHTS + visible.bias_NHTS
    mask = _mask(q_NHTE, k_NGSE, visible)
    weights_NHTS = scores_NHTS.softmax(-1) if mask is None else masked_softmax(scores_NHTS, mask)
    return functional.dropout(weights_NHTS, dropout) @ v_NHSE, weights_NHTS


def _mask(q_NHTE: Tensor, k_NGSE: Tensor, visible: Visible) -> Tensor | None:
    if not visible.causal:
        return visible.mask
    num_steps = q_NHTE.shape[2]
    earlier_TT = torch.ones(num_steps, num_steps, dtype=torch.bool, device=q_NHTE.device).tril()
    return earlier_TT if visible.mask is None else earlier_TT & visible.mask


class FeedForward(nn.Module):
    """Vaswani et al. 2017, equation 2: W_2 max(0, W_1 x + b_1) + b_2; SwiGLU: W_2 (swish(W x) ⊙ V x) (Shazeer 2020)."""

    def __init__(self, width: int, *, inner: int, activation: Activation, dropout: float = 0) -> None:
        super().__init__()
        self.activation = activation
        self.inner = nn.Linear(width, inner * (2 if activation == "swiglu" else 1))
        self.outer = nn.Linear(inner, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_NTD: Tensor) -> Tensor:
        return self.outer(self.dropout(self._activate(self.inner(x_NTD))))

    def _activate(self, x_NTF: Tensor) -> Tensor:
        if self.activation == "swiglu":
            gate_NTF, value_NTF = x_NTF.chunk(2, dim=-1)
            return functional.silu(gate_NTF) * value_NTF
        return functional.relu(x_NTF) if self.activation == "relu" else functional.gelu(x_NTF)


class Residual(nn.Module):
    """norm(x + part(x)) (Vaswani et al. 2017); with the norm before, x + part(norm(x)) (Xiong et al. 2020)."""

    def __init__(self, kind: LayerKind) -> None:
        super().__init__()
        self.norm = kind.build_norm()
        self.order = kind.order
        self.dropout = nn.Dropout(kind.dropout)

    def before(self, x_NTD: Tensor) -> Tensor:
        return self.norm(x_NTD) if self.order == "pre" else x_NTD

    def after(self, x_NTD: Tensor, part_NTD: Tensor) -> Tensor:
        x_NTD = x_NTD + self.dropout(part_NTD)
        return x_NTD if self.order == "pre" else self.norm(x_NTD)


class EncoderLayer(nn.Module):
    """Vaswani et al. 2017, section 3.1."""

    def __init__(self, kind: LayerKind, positions: Positions) -> None:
        super().__init__()
        self.positions = positions
        self.self_attention = MultiHeadAttention(
            kind.width, heads=kind.heads, kv_heads=kind.kv_heads, dropout=kind.attention_dropout
        )
        self.feed_forward = FeedForward(
            kind.width, inner=kind.feed_forward, activation=kind.activation, dropout=kind.dropout
        )
        self.self_residual = Residual(kind)
        self.feed_residual = Residual(kind)

    def forward(self, x_BSD: Tensor, positions_BS: Tensor, visible: Visible) -> Tensor:
        seen_BSD = self.self_residual.before(x_BSD)
        q_BSHE = self.positions.rotate(self.self_attention.queries(seen_BSD), positions_BS)
        k_BSGE, v_BSGE = self.self_attention.keys_values(seen_BSD)
        attended_BSD, _ = self.self_attention(q_BSHE, self.positions.rotate(k_BSGE, positions_BS), v_BSGE, visible)
        x_BSD = self.self_residual.after(x_BSD, attended_BSD)
        return self.feed_residual.after(x_BSD, self.feed_forward(self.feed_residual.before(x_BSD)))


class DecoderLayer(nn.Module):
    """Vaswani et al. 2017, section 3.1: the encoder's layer, with attention to the memory in its middle."""

    def __init__(self, kind: LayerKind, positions: Positions, *, memory_width: int) -> None:
        super().__init__()
        self.positions = positions
        self.self_attention = MultiHeadAttention(
            kind.width, heads=kind.heads, kv_heads=kind.kv_heads, dropout=kind.attention_dropout
        )
        self.cross_attention = MultiHeadAttention(
            kind.width,
            heads=kind.heads,
            kv_heads=kind.kv_heads,
            memory_width=memory_width,
            dropout=kind.attention_dropout,
        )
        self.feed_forward = FeedForward(
            kind.width, inner=kind.feed_forward, activation=kind.activation, dropout=kind.dropout
        )
        self.self_residual = Residual(kind)
        self.cross_residual = Residual(kind)
        self.feed_residual = Residual(kind)

    def forward(
        self,
        x_NTD: Tensor,
        positions_NT: Tensor,
        *,
        cache: Cache,
        length: int,
        visible: Visible,
        memory: MemoryKeys,
        show: bool = False,
    ) -> tuple[Tensor, Cache, Tensor, Tensor | None]:
        """The layer's output, its cache with the new tokens, the context fetched, and the attention if shown."""
        seen_NTD = self.self_residual.before(x_NTD)
        q_NTHE = self.positions.rotate(self.self_attention.queries(seen_NTD), positions_NT)
        k_NTGE, v_NTGE = self.self_attention.keys_values(seen_NTD)
        cache = cache.write(self.positions.rotate(k_NTGE, positions_NT), v_NTGE, positions_NT, length)
        attended_NTD, _ = self.self_attention(q_NTHE, *cache.until(length), visible)
        x_NTD = self.self_residual.after(x_NTD, attended_NTD)

        context_NTD, weights_NHTS = self._cross(self.cross_residual.before(x_NTD), memory, show=show)
        x_NTD = self.cross_residual.after(x_NTD, context_NTD)
        x_NTD = self.feed_residual.after(x_NTD, self.feed_forward(self.feed_residual.before(x_NTD)))
        return x_NTD, cache, context_NTD, weights_NHTS

    def _cross(self, x_NTD: Tensor, memory: MemoryKeys, *, show: bool) -> tuple[Tensor, Tensor | None]:
        beams = x_NTD.shape[0] // memory.keys_BSGE.shape[0]
        q_BQHE = fold(self.cross_attention.queries(x_NTD), beams)
        context_BQD, weights_BHQS = self.cross_attention(
            q_BQHE, memory.keys_BSGE, memory.values_BSGE, memory.visible, show=show
        )
        if weights_BHQS is None:
            return unfold(context_BQD, beams), None
        return unfold(context_BQD, beams), unfold(weights_BHQS.transpose(1, 2), beams).transpose(1, 2)

"""The Transformer's layers: the feed-forward part, and the two kinds of layer around attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from seqloom.nn.chance import Dropout
from seqloom.nn.multihead import MultiHeadAttention, Visible
from seqloom.nn.positions import Positions
from seqloom.nn.self_attention import Past, Reading, SelfAttention
from seqloom.nn.sight import Sight, Whole
from seqloom.nn.state import fold, unfold

__all__ = [
    "Activation",
    "DecoderLayer",
    "EncoderLayer",
    "FeedForward",
    "LayerKind",
    "Looked",
    "MemoryKeys",
    "Normalisation",
    "Order",
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
class MemoryKeys:
    """The memory's keys and values for one layer, made once a source and shared by its beams."""

    keys_BSGE: Tensor
    values_BSGE: Tensor
    visible: Visible


@dataclass(frozen=True, kw_only=True)
class Looked:
    """Where one decoder layer's tokens looked, where that is shown."""

    own_NHTT: Tensor | None
    """Among the tokens before them."""
    memory_NHTS: Tensor | None


class FeedForward(nn.Module):
    """Vaswani et al. 2017, equation 2: W_2 max(0, W_1 x + b_1) + b_2; SwiGLU: W_2 (swish(W x) ⊙ V x) (Shazeer 2020)."""

    def __init__(self, width: int, *, inner: int, activation: Activation, dropout: float = 0) -> None:
        super().__init__()
        self.activation = activation
        self.inner = nn.Linear(width, inner * (2 if activation == "swiglu" else 1))
        self.outer = nn.Linear(inner, width)
        self.dropout = Dropout(dropout)

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
        self.dropout = Dropout(kind.dropout)

    def before(self, x_NTD: Tensor) -> Tensor:
        return self.norm(x_NTD) if self.order == "pre" else x_NTD

    def after(self, x_NTD: Tensor, part_NTD: Tensor) -> Tensor:
        x_NTD = x_NTD + self.dropout(part_NTD)
        return x_NTD if self.order == "pre" else self.norm(x_NTD)


class EncoderLayer(nn.Module):
    """Vaswani et al. 2017, section 3.1."""

    def __init__(self, kind: LayerKind, positions: Positions, *, sight: Sight | None = None) -> None:
        super().__init__()
        self.positions = positions
        self.sight = sight or Whole()
        self.self_attention = MultiHeadAttention(
            kind.width, heads=kind.heads, kv_heads=kind.kv_heads, dropout=kind.attention_dropout
        )
        self.feed_forward = FeedForward(
            kind.width, inner=kind.feed_forward, activation=kind.activation, dropout=kind.dropout
        )
        self.self_residual = Residual(kind)
        self.feed_residual = Residual(kind)

    def forward(
        self, x_BSD: Tensor, positions_BS: Tensor, visible: Visible, *, show: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """The layer's output, and the attention if shown."""
        seen_BSD = self.self_residual.before(x_BSD)
        q_BSHE = self.positions.rotate(self.self_attention.queries(seen_BSD), positions_BS)
        k_BSGE, v_BSGE = self.self_attention.keys_values(seen_BSD)
        k_BSGE = self.positions.rotate(k_BSGE, positions_BS)
        attended, weights = self.self_attention(*self.sight.split(q_BSHE, k_BSGE, v_BSGE), visible, show=show)
        x_BSD = self.self_residual.after(x_BSD, self.sight.join(attended, like_BSD=x_BSD))
        return self.feed_residual.after(x_BSD, self.feed_forward(self.feed_residual.before(x_BSD))), weights


class DecoderLayer(nn.Module):
    """Vaswani et al. 2017, section 3.1: the encoder's layer, with attention to the memory in its middle."""

    def __init__(
        self, kind: LayerKind, positions: Positions, *, self_attention: SelfAttention, memory_width: int
    ) -> None:
        super().__init__()
        self.positions = positions  # what reads them is the decoder; files know learnt ones by a layer's name
        self.self_attention = self_attention
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
        past: Past,
        reading: Reading,
        *,
        memory: MemoryKeys,
        show: bool = False,
    ) -> tuple[Tensor, Past, Tensor, Looked]:
        """The layer's output, its past with the new tokens, the context fetched, and where it looked."""
        found_NTD, past, own_NHTT = self.self_attention.read(self.self_residual.before(x_NTD), past, reading)
        x_NTD = self.self_residual.after(x_NTD, found_NTD)

        context_NTD, weights_NHTS = self._cross(self.cross_residual.before(x_NTD), memory, show=show)
        x_NTD = self.cross_residual.after(x_NTD, context_NTD)
        x_NTD = self.feed_residual.after(x_NTD, self.feed_forward(self.feed_residual.before(x_NTD)))
        return x_NTD, past, context_NTD, Looked(own_NHTT=own_NHTT, memory_NHTS=weights_NHTS)

    def _cross(self, x_NTD: Tensor, memory: MemoryKeys, *, show: bool) -> tuple[Tensor, Tensor | None]:
        beams = x_NTD.shape[0] // memory.keys_BSGE.shape[0]
        q_BQHE = fold(self.cross_attention.queries(x_NTD), beams)
        context_BQD, weights_BHQS = self.cross_attention(
            q_BQHE, memory.keys_BSGE, memory.values_BSGE, memory.visible, show=show
        )
        if weights_BHQS is None:
            return unfold(context_BQD, beams), None
        return unfold(context_BQD, beams), unfold(weights_BHQS.transpose(1, 2), beams).transpose(1, 2)

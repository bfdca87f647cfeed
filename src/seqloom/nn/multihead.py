"""Multi-head attention from queries to keys, and what a query sees."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.nn import chance
from seqloom.nn.attention import masked_softmax

__all__ = ["MultiHeadAttention", "Visible"]


@dataclass(frozen=True, kw_only=True)
class Visible:
    """Which keys a query sees: real ones (``mask``, broadcast to (N, H, T, S)), earlier ones (``causal``), biased."""

    mask: Tensor | None = None
    causal: bool = False
    bias_NHTS: Tensor | None = None


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
        dropout = self.dropout if self.training else 0.0
        weights_NHTS = None
        # On a processor torch's own cannot be told whose chance it is, and writes the equation out as well.
        if show or (dropout and q_NTHE.device.type == "cpu"):
            attended_NTHE, weights_NHTS = _attend_shown(q_NTHE, k_NSGE, v_NSGE, visible, dropout)
        else:
            attended_NTHE = _attend(q_NTHE, k_NSGE, v_NSGE, visible, dropout)
        return self.out(attended_NTHE.flatten(2)), weights_NHTS if show else None


def _attend(q_NTHE: Tensor, k_NSGE: Tensor, v_NSGE: Tensor, visible: Visible, dropout: float) -> Tensor:
    """torch's own attention, with the mask in the form that it is fastest with."""
    q_NHTE, k_NGSE, v_NGSE = (x.transpose(1, 2) for x in (q_NTHE, k_NSGE, v_NSGE))
    causal = visible.causal and visible.bias_NHTS is None and visible.mask is None
    mask = None if causal else _mask(q_NHTE, k_NGSE, visible)
    if visible.bias_NHTS is not None:
        bias_NHTS = visible.bias_NHTS.to(q_NHTE.dtype)
        mask = bias_NHTS if mask is None else bias_NHTS.masked_fill(~mask, float("-inf"))
    attended_NHTE = functional.scaled_dot_product_attention(
        q_NHTE,
        k_NGSE,
        v_NGSE,
        attn_mask=mask,
        is_causal=causal,
        dropout_p=dropout,
        enable_gqa=q_NHTE.shape[1] != k_NGSE.shape[1],
    )
    return attended_NHTE.transpose(1, 2)


def _attend_shown(
    q_NTHE: Tensor, k_NSGE: Tensor, v_NSGE: Tensor, visible: Visible, dropout: float
) -> tuple[Tensor, Tensor]:
    """The same equation written out, for whoever wants to see the weights."""
    q_NHTE, k_NGSE, v_NGSE = (x.transpose(1, 2) for x in (q_NTHE, k_NSGE, v_NSGE))
    group = q_NHTE.shape[1] // k_NGSE.shape[1]
    k_NHSE, v_NHSE = k_NGSE.repeat_interleave(group, 1), v_NGSE.repeat_interleave(group, 1)
    scores_NHTS = q_NHTE @ k_NHSE.transpose(2, 3) * q_NHTE.shape[-1] ** -0.5
    if visible.bias_NHTS is not None:
        scores_NHTS = scores_NHTS + visible.bias_NHTS
    mask = _mask(q_NHTE, k_NGSE, visible)
    weights_NHTS = scores_NHTS.softmax(-1) if mask is None else masked_softmax(scores_NHTS, mask)
    return (chance.dropout(weights_NHTS, dropout) @ v_NHSE).transpose(1, 2), weights_NHTS


def _mask(q_NHTE: Tensor, k_NGSE: Tensor, visible: Visible) -> Tensor | None:
    if not visible.causal:
        return visible.mask
    num_steps = q_NHTE.shape[2]
    earlier_TT = torch.ones(num_steps, num_steps, dtype=torch.bool, device=q_NHTE.device).tril()
    return earlier_TT if visible.mask is None else earlier_TT & visible.mask

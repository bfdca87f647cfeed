"""Gated convolutions (Gehring et al. 2017), for encoders that see both sides and decoders that see the past."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.nn import initial
from seqloom.nn.attention import masked_softmax
from seqloom.nn.state import fold, unfold

__all__ = ["HALF", "ConvAttention", "GatedConvolution", "newest", "padded", "scale_gradient"]

HALF = math.sqrt(0.5)
"""Keeps the variance of a sum of two."""


def scale_gradient(x: Tensor, factor: float) -> Tensor:
    """x itself, with a gradient ``factor`` times as large."""
    return x * factor + (x * (1 - factor)).detach()


class GatedConvolution(nn.Module):
    """Gehring et al. 2017, section 3.2: A ⊗ σ(B) with [A B] = W x_{t-k+1 … t} + b.

    The input brings the k - 1 positions of context with it, so the same layer serves an encoder (zeros on both sides),
    a decoder that learns (zeros before) and one that answers (the window it kept).
    """

    def __init__(self, width: int, *, kernel: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(width, 2 * width, kernel)
        self.dropout = nn.Dropout(dropout)
        initial.glu_normal(self.convolution, dropout=dropout)

    def forward(self, x_NTD: Tensor) -> Tensor:
        x_NDT = self.dropout(x_NTD).transpose(1, 2)
        gated_NDT: Tensor = functional.glu(self.convolution(x_NDT), dim=1)
        return gated_NDT.transpose(1, 2)


class ConvAttention(nn.Module):
    """Gehring et al. 2017, section 3.3, one of several: d = W h + b + g, α = softmax(d · z / √D), c = Σ α (z + e).

    The paper has no √D, and embeddings that begin at 0.1. Ours may begin at 1, where a softmax without it begins
    with all its weight on one position, and does not learn.
    """

    def __init__(self, width: int, *, embedding_width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, embedding_width)
        self.out = nn.Linear(embedding_width, width)
        initial.preserving_normal(self.query)
        initial.preserving_normal(self.out)

    def forward(
        self, h_NTD: Tensor, embedded_NTD: Tensor, keys_BSD: Tensor, values_BSD: Tensor, mask_BS: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What is added to the layer, the context as it was fetched, and the attention."""
        beams = h_NTD.shape[0] // mask_BS.shape[0]
        query_NTD = (self.query(h_NTD) + embedded_NTD) * HALF
        query_BQD = fold(query_NTD * query_NTD.shape[-1] ** -0.5, beams)
        weights_BQS = masked_softmax(query_BQD @ keys_BSD.transpose(1, 2), mask_BS[:, None])
        # An average over n positions has 1/n of the variance; the paper undoes it by √n (section 3.4).
        context_BQD = weights_BQS @ values_BSD * mask_BS.sum(1).to(h_NTD.dtype).sqrt()[:, None, None]
        context_NTD = unfold(context_BQD, beams)
        return self.out(context_NTD), context_NTD, unfold(weights_BQS, beams)


def padded(x_NTD: Tensor, before: int, after: int) -> Tensor:
    """Zeros around each row."""
    return functional.pad(x_NTD, (0, 0, before, after))


def newest(window_NWD: Tensor, x_NTD: Tensor) -> tuple[Tensor, Tensor]:
    """The new positions behind their window, and the window for the ones to come."""
    behind_NTD = torch.cat([window_NWD, x_NTD], dim=1)
    return behind_NTD, behind_NTD[:, behind_NTD.shape[1] - window_NWD.shape[1] :]

"""Gated convolutions (Gehring et al. 2017), for encoders that see both sides and decoders that see the past."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.state import fold, unfold

__all__ = ["HALF", "ConvAttention", "ConvKeys", "Convolution", "GatedConvolution", "newest", "padded", "scale_gradient"]

HALF = math.sqrt(0.5)
"""Keeps the variance of a sum of two."""


def scale_gradient(x: Tensor, factor: float) -> Tensor:
    """x itself, with a gradient ``factor`` times as large."""
    return x * factor + (x * (1 - factor)).detach()


class Convolution(nn.Conv1d):
    """W x_{t-k+1 … t} + b, without zeros around, on (N, T, C): one matrix product with all windows.

    Sequences are short and of many lengths, and torch prepares its own convolution anew for each, which costs more
    than to write the windows down.
    """

    def forward(self, x_NTC: Tensor) -> Tensor:
        [kernel] = self.kernel_size
        windows_NTX = _Windows.apply(x_NTC, kernel)  # type: ignore[no-untyped-call]
        return functional.linear(windows_NTX, self.weight.flatten(1), self.bias)


class _Windows(torch.autograd.Function):
    """(N, T + k - 1, C) → (N, T, C·k): the k positions of a channel side by side, as the weights have them."""

    @staticmethod
    def forward(ctx: Any, x_NTC: Tensor, kernel: int) -> Tensor:
        ctx.kernel = kernel
        return x_NTC.unfold(1, kernel, 1).flatten(2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_NTX: Tensor) -> tuple[Tensor, None]:
        grad_NTCW = grad_NTX.unflatten(-1, (-1, ctx.kernel))
        num_rows, num_windows, channels, _ = grad_NTCW.shape
        grad_NTC = grad_NTCW.new_zeros(num_rows, num_windows + ctx.kernel - 1, channels)
        for place, each_NTC in enumerate(grad_NTCW.unbind(-1)):
            grad_NTC[:, place : place + num_windows] += each_NTC
        return grad_NTC, None


class GatedConvolution(nn.Module):
    """Gehring et al. 2017, section 3.2: A ⊗ σ(B) with [A B] = W x_{t-k+1 … t} + b.

    The input brings the k - 1 positions of context with it, so the same layer serves an encoder (zeros on both sides),
    a decoder that learns (zeros before) and one that answers (the window it kept).
    """

    def __init__(self, width: int, *, kernel: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.convolution = Convolution(width, 2 * width, kernel)
        self.dropout = Dropout(dropout)
        initial.glu_normal(self.convolution, dropout=dropout)

    def forward(self, x_NTD: Tensor) -> Tensor:
        return functional.glu(self.convolution(self.dropout(x_NTD)), dim=-1)


@dataclass(frozen=True, kw_only=True)
class ConvKeys:
    """What the attentions of all layers have in common: z and z + e, and each token's half of its scores."""

    keys_BDS: Tensor
    """z √½ / √D, so that no layer has to scale its scores."""
    values_BSD: Tensor
    scores_BQS: Tensor
    """g · z; the lowest number there is where there is no position, which whatever is added leaves as it is."""
    spread_B1S: Tensor
    """√n where there is a position: the paper's remedy for an average, whose variance is 1/n (section 3.4)."""
    beams: int

    @classmethod
    def of(cls, embedded_NTD: Tensor, keys_BSD: Tensor, values_BSD: Tensor, mask_BS: Tensor) -> ConvKeys:
        beams = embedded_NTD.shape[0] // mask_BS.shape[0]
        keys_BDS = keys_BSD.transpose(1, 2) * (HALF * keys_BSD.shape[-1] ** -0.5)
        scores_BQS = fold(embedded_NTD, beams) @ keys_BDS
        mask_B1S = mask_BS[:, None]
        return cls(
            keys_BDS=keys_BDS,
            values_BSD=values_BSD,
            scores_BQS=scores_BQS.masked_fill(~mask_B1S, torch.finfo(scores_BQS.dtype).min),
            spread_B1S=mask_B1S * mask_B1S.sum(2, keepdim=True).to(values_BSD.dtype).sqrt(),
            beams=beams,
        )


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

    def forward(self, h_NTD: Tensor, source: ConvKeys) -> tuple[Tensor, Tensor, Tensor]:
        """What is added to the layer, the context as it was fetched, and α; where a row has no position, c is 0."""
        query_BQD = fold(self.query(h_NTD), source.beams)
        weights_BQS = torch.baddbmm(source.scores_BQS, query_BQD, source.keys_BDS).softmax(-1)
        context_NTD = unfold((weights_BQS * source.spread_B1S) @ source.values_BSD, source.beams)
        return self.out(context_NTD), context_NTD, unfold(weights_BQS, source.beams)


def padded(x_NTD: Tensor, before: int, after: int) -> Tensor:
    """Zeros around each row."""
    return functional.pad(x_NTD, (0, 0, before, after))


def newest(window_NWD: Tensor, x_NTD: Tensor) -> tuple[Tensor, Tensor]:
    """The new positions behind their window, and the window for the ones to come."""
    behind_NTD = torch.cat([window_NWD, x_NTD], dim=1)
    return behind_NTD, behind_NTD[:, behind_NTD.shape[1] - window_NWD.shape[1] :]

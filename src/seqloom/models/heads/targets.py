"""Of all scores only what a loss looks at: the targets' log-probabilities, and the vocabulary's mean."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seqloom.nn.contracts import Scored

__all__ = ["score_columns", "score_targets"]


def score_targets(logits_PV: Tensor, target_P: Tensor, *, never: int | None = None) -> Scored:
    """log softmax(logits) at the targets, and its mean over all tokens but the one that is ``never`` said.

    The logits are used up: no one else may look at them.
    """
    logp_P1, mean_logp_P = score_columns(logits_PV, target_P[:, None], never=never)
    return Scored(logp_P=logp_P1.squeeze(1), mean_logp_P=mean_logp_P)


def score_columns(logits_PV: Tensor, columns_PX: Tensor, *, never: int | None = None) -> tuple[Tensor, Tensor]:
    """The same at several columns a position, which may be one column more than once."""
    logp_PX, mean_logp_P = _Columns.apply(logits_PV, columns_PX, never)  # type: ignore[no-untyped-call]
    return logp_PX, mean_logp_P


class _Columns(torch.autograd.Function):
    """With p = softmax(l), n possible tokens, and g_x and m the gradients of log p at column x and of the mean:

    ∂/∂l_v = Σ_x g_x [v = x] + m / n - (Σ_x g_x + m) p_v. Exponentials are made once and kept, and log p is never
    written down.
    """

    @staticmethod
    def forward(ctx: Any, logits_PV: Tensor, columns_PX: Tensor, never: int | None) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        ctx.never, ctx.dtype = never, logits_PV.dtype
        scores_PV = logits_PV.to(torch.promote_types(logits_PV.dtype, torch.float32))
        sum_P, ctx.possible = scores_PV.sum(1), scores_PV.shape[1]
        if never is not None:
            sum_P, ctx.possible = sum_P - scores_PV[:, never], ctx.possible - 1
            scores_PV[:, never] = float("-inf")
        found_PX = scores_PV.gather(1, columns_PX)
        highest_P1 = scores_PV.amax(1, keepdim=True)
        shares_PV = scores_PV.sub_(highest_P1).exp_()
        total_P1 = shares_PV.sum(1, keepdim=True)
        log_total_P1 = total_P1.log() + highest_P1
        ctx.save_for_backward(shares_PV, total_P1, columns_PX)
        return found_PX - log_total_P1, sum_P / ctx.possible - log_total_P1.squeeze(1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, None, None]:
        shares_PV, total_P1, columns_PX = ctx.saved_tensors
        of_columns_PX, of_mean_P = grads
        given = [] if of_columns_PX is None else [of_columns_PX.sum(1)]
        given += [] if of_mean_P is None else [of_mean_P]
        if not given:
            return None, None, None
        grad_PV = shares_PV * (-torch.stack(given).sum(0)[:, None] / total_P1)
        if of_mean_P is not None:
            grad_PV += (of_mean_P / ctx.possible)[:, None]
            if ctx.never is not None:
                grad_PV[:, ctx.never] = 0.0
        if of_columns_PX is not None:
            grad_PV.scatter_add_(1, columns_PX, of_columns_PX)
        return grad_PV.to(ctx.dtype), None, None

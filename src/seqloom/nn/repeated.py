"""One linear map that every step of a loop takes. Its gradient is made after the loop, of all steps at once.

Autograd makes Σ_t g_tᵀ x_t as it is written: at each step a thin product as large as the matrix, added up in memory,
which takes longer than the product that the step is about. Here the steps' g and x lie side by side, and one product
of two tall matrices is all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

__all__ = ["Repeated"]


class Repeated:
    """y_t = a_t + W x_t, called once for each step t of a loop, in order. It belongs to one loop, not to a module.

    W is one matrix for all rows (RI), or one a row (BRI), which some queries a step meet.
    """

    def __init__(self, weight_RI: Tensor, addend_NTR: Tensor, *, queries: int = 1) -> None:
        self._read: list[Tensor] | None = None
        if torch.is_grad_enabled() and weight_RI.requires_grad:
            self._read = []
            addend_NTR = _Gathered.apply(addend_NTR, weight_RI, self._read)  # type: ignore[no-untyped-call]
            weight_RI = weight_RI.detach()
        self._weight_IR = weight_RI.transpose(-2, -1)
        own = weight_RI.dim() == 3
        self._product = torch.baddbmm if own else torch.addmm
        self._addends = iter(addend_NTR.split(queries, 1) if own else addend_NTR.unbind(1))

    @classmethod
    def of(cls, linear: nn.Linear, *, like_N: Tensor, steps: int) -> Callable[[Tensor], Tensor]:
        """The layer itself: a_t is its bias, for as many rows as ``like_N`` has."""
        # Who listens to a layer, such as the search for the first one that is not finite, hears it only where it is
        # called; and one step has nothing to gather.
        listened = linear._forward_hooks or linear._forward_pre_hooks
        if steps == 1 or listened or not torch.is_grad_enabled():
            return linear
        bias_R = like_N.new_zeros(1).expand(linear.out_features) if linear.bias is None else linear.bias
        return cls(linear.weight, bias_R.expand(like_N.shape[0], steps, -1))

    @classmethod
    def of_rows(cls, weight_BRI: Tensor, *, queries: int, steps: int) -> Repeated:
        """A matrix a row, and nothing to add."""
        num_rows, num_outputs, _ = weight_BRI.shape
        return cls(weight_BRI, weight_BRI.new_zeros(1).expand(num_rows, steps * queries, num_outputs), queries=queries)

    def __call__(self, x: Tensor) -> Tensor:
        """(N, I) → (N, R), or (B, Q, I) → (B, Q, R)."""
        if self._read is not None:
            self._read.append(x.detach())
        return self._product(next(self._addends), x, self._weight_IR)


class _Gathered(torch.autograd.Function):
    """The addends as they are. In the backward pass their gradient, which is that of each step's product, makes the
    matrix's."""

    @staticmethod
    def forward(ctx: Any, addend_NTR: Tensor, weight_RI: Tensor, read: list[Tensor]) -> Tensor:
        ctx.read, ctx.own = read, weight_RI.dim() == 3
        return addend_NTR.view_as(addend_NTR)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_NTR: Tensor) -> tuple[Tensor, Tensor, None]:
        if ctx.own:
            read_BQI = torch.cat(ctx.read, 1).to(grad_NTR.dtype)
            return grad_NTR, grad_NTR.transpose(1, 2) @ read_BQI, None
        read_NTI = torch.stack(ctx.read, 1).to(grad_NTR.dtype)
        return grad_NTR, grad_NTR.flatten(0, 1).t() @ read_NTI.flatten(0, 1), None

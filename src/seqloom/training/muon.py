"""Muon: descent along momentum that was made orthogonal."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.training.descent import Descent

__all__ = ["Muon", "orthogonal"]

_QUINTICS = (
    (7.711, -22.1138, 16.2487),
    (3.2153, -2.4112, 0.5013),
    (2.2183, -1.594, 0.4107),
)
"""a x + b x³ + c x⁵, each nearest to 1 where the one before ends (Amsel et al. 2025, algorithm 1): one after another
they bring what is between 0.02 and 1 to within 0.1 of 1, and stretch what is less."""
_SAFE = 1.01
"""Singular values must not begin above 1, not even by rounding."""
_LENGTH = 0.2
"""The root of the mean square of AdamW's steps, which these shall have too (Liu et al. 2025, equation 4)."""


class Muon(Descent):
    """Jordan et al. 2024, a matrix in slabs: stretches of its shorter side, each made orthogonal for itself.

    Slabs of one shape are one batched product, and a third of the work that whole matrices are.
    """

    def __init__(self, groups: Sequence[dict[str, Any]], *, momentum: float, nesterov: bool, slab: int) -> None:
        """``slab``: how long the stretches are at most; 0: matrices as they are."""
        super().__init__(groups)
        self.momentum, self.nesterov, self.slab = momentum, nesterov, slab

    def _move(self, learnt: list[Any], group: Mapping[str, Any]) -> None:
        gradients = [each.grad for each in learnt]
        momenta = [self._momentum_of(each) for each in learnt]
        torch._foreach_lerp_(momenta, gradients, 1 - self.momentum)
        ways = torch._foreach_lerp(gradients, momenta, self.momentum) if self.nesterov else momenta
        if group["weight_decay"]:
            torch._foreach_mul_(learnt, 1 - group["lr"] * group["weight_decay"])
        for (_, columns), slabs in self._slabs(learnt, ways).items():
            parts, steps = zip(*slabs, strict=True)
            steps_GRC = orthogonal(torch.stack(steps))
            torch._foreach_add_(parts, steps_GRC.unbind(), alpha=-group["lr"] * _LENGTH * math.sqrt(columns))

    def _slabs(
        self, learnt: Sequence[Tensor], ways: Sequence[Tensor]
    ) -> dict[tuple[int, int], list[tuple[Tensor, Tensor]]]:
        """By their shapes, wide ones: slabs of parameters and of the ways that they shall go."""
        found = defaultdict(list)
        for matrix, way in zip(learnt, ways, strict=True):
            wide, wide_way = (matrix, way) if matrix.shape[0] <= matrix.shape[1] else (matrix.mT, way.mT)
            rows, columns = wide.shape
            stretch = math.ceil(rows / math.ceil(rows / self.slab)) if self.slab else rows
            for part, part_way in zip(wide.split(stretch), wide_way.split(stretch), strict=True):
                found[len(part), columns].append((part, part_way))
        return found

    def _momentum_of(self, parameter: nn.Parameter) -> Tensor:
        if parameter not in self.state:
            self.state[parameter] = {"momentum_buffer": torch.zeros_like(parameter)}
        return self.state[parameter]["momentum_buffer"]


def orthogonal(x_GRC: Tensor) -> Tensor:
    """About UVᵀ of each UΣVᵀ, R ≤ C: Newton and Schulz's iteration, of which only products of matrices are made."""
    x_GRC = x_GRC / (_SAFE * torch.linalg.matrix_norm(x_GRC, keepdim=True)).clamp_min(torch.finfo(x_GRC.dtype).tiny)
    for a, b, c in _QUINTICS:
        square_GRR = x_GRC @ x_GRC.mT
        x_GRC = torch.baddbmm(x_GRC, torch.baddbmm(square_GRR, square_GRR, square_GRR, beta=b, alpha=c), x_GRC, beta=a)
    return x_GRC

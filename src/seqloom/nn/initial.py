"""How weights begin. Each rule names the paper that found it."""

from __future__ import annotations

import math

from torch import Tensor, nn

__all__ = ["glu_normal", "orthogonal_gates", "preserving_normal", "scale_depth", "xavier"]


def xavier(module: nn.Module) -> None:
    """Glorot & Bengio 2010 for every linear layer inside, biases at zero."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def scale_depth(module: nn.Module, *, layer: int) -> None:
    """Zhang et al. 2019, equation 8: matrices of layer l shrink by 1/√l, so that deep post-norm models train."""
    for part in module.modules():
        if isinstance(part, nn.Linear):  # not the tables of positions, which all layers share
            part.weight.data.mul_(layer**-0.5)


def orthogonal_gates(weight_RD: Tensor, *, gates: int) -> None:
    """Saxe et al. 2014: each gate's recurrent matrix keeps the length of what it multiplies."""
    for block in weight_RD.data.chunk(gates):
        nn.init.orthogonal_(block)


def preserving_normal(layer: nn.Linear, *, dropout: float = 0.0) -> None:
    """Gehring et al. 2017, section 3.5: N(0, √((1 - p) / inputs)) keeps the variance of what passes."""
    nn.init.normal_(layer.weight, std=math.sqrt((1 - dropout) / layer.in_features))
    nn.init.zeros_(layer.bias)


def glu_normal(layer: nn.Conv1d, *, dropout: float = 0.0) -> None:
    """Gehring et al. 2017, section 3.5: the same in front of a gated linear unit, which quarters the variance."""
    inputs = layer.in_channels * layer.kernel_size[0]
    nn.init.normal_(layer.weight, std=math.sqrt(4 * (1 - dropout) / inputs))
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)

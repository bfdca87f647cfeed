"""AdamW by torch's fused kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.training.descent import Descent

__all__ = ["FusedAdamW"]


class FusedAdamW(Descent):
    """Loshchilov & Hutter 2019."""

    def __init__(self, groups: Sequence[dict[str, Any]], *, betas: tuple[float, float], eps: float) -> None:
        super().__init__(groups)
        self.betas, self.eps = betas, eps

    def _move(self, learnt: list[Any], group: Mapping[str, Any]) -> None:
        states = [self._state_of(each) for each in learnt]
        steps = [each["step"] for each in states]
        torch._foreach_add_(steps, 1)
        torch._fused_adamw_(
            learnt,
            [each.grad for each in learnt],
            [each["exp_avg"] for each in states],
            [each["exp_avg_sq"] for each in states],
            [],
            steps,
            lr=group["lr"],
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=group["weight_decay"],
            eps=self.eps,
            amsgrad=False,
            maximize=False,
        )

    def _state_of(self, parameter: nn.Parameter) -> dict[str, Tensor]:
        if parameter not in self.state:
            self.state[parameter] = {
                "step": torch.zeros((), device=parameter.device),
                "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            }
        return self.state[parameter]

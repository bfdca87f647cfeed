"""AdamW by torch's fused kernel, without what `torch.optim` brings with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["FusedAdamW"]


class FusedAdamW:
    """Loshchilov & Hutter 2019. What it says and reads of its state is what ``torch.optim.AdamW`` says and reads.

    ``torch.optim`` brings torch's compiler with it, which takes as long to import as torch itself, for nothing here.
    """

    def __init__(self, groups: Sequence[dict[str, Any]], *, betas: tuple[float, float], eps: float) -> None:
        self.param_groups = [{"lr": 1e-3, **group} for group in groups]
        self.betas, self.eps = betas, eps
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {}

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            learnt = [each for each in group["params"] if each.grad is not None]
            if not learnt:
                continue
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

    def state_dict(self) -> dict[str, Any]:
        """The states by the parameters' numbers, through all groups."""
        parameters = [each for group in self.param_groups for each in group["params"]]
        state = {number: self.state[each] for number, each in enumerate(parameters) if each in self.state}
        return {"state": state, "param_groups": [{**group, "params": []} for group in self.param_groups]}

    def load_state_dict(self, given: Mapping[str, Any]) -> None:
        parameters = [each for group in self.param_groups for each in group["params"]]
        self.state = {
            parameters[number]: {name: tensor.clone().to(parameters[number].device) for name, tensor in each.items()}
            for number, each in given["state"].items()
        }

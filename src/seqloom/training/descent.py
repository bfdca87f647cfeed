"""What an optimiser of our own keeps, and how it is told and read: as torch's optimisers tell and read theirs.

``torch.optim`` brings torch's compiler with it, which takes as long to import as torch itself, for nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Descent"]


class Descent:
    """Parameters in groups, each with its settings, and what is remembered of each parameter."""

    def __init__(self, groups: Sequence[dict[str, Any]]) -> None:
        self.param_groups = [{"lr": 1e-3, **group} for group in groups]
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {}

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            if learnt := [each for each in group["params"] if each.grad is not None]:
                self._move(learnt, group)

    def _move(self, learnt: list[Any], group: Mapping[str, Any]) -> None:
        """Move those parameters of a group that have a gradient (a list of any: torch asks for lists of tensors)."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """The states by the parameters' numbers, through all groups."""
        state = {number: self.state[each] for number, each in enumerate(self._parameters()) if each in self.state}
        return {"state": state, "param_groups": [{**group, "params": []} for group in self.param_groups]}

    def load_state_dict(self, given: Mapping[str, Any]) -> None:
        parameters = self._parameters()
        self.state = {
            parameters[number]: {name: tensor.clone().to(parameters[number].device) for name, tensor in each.items()}
            for number, each in given["state"].items()
        }

    def _parameters(self) -> list[nn.Parameter]:
        return [each for group in self.param_groups for each in group["params"]]

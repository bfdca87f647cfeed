"""Weights by name, their moving average, and the mean of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["MovingAverage", "Weights", "mean_weights", "put_weights", "weights_of"]

Weights = Mapping[str, Tensor]


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """Every parameter and every lasting buffer by its first name; what is tied is there once. Not copied."""
    found: dict[int, tuple[str, Tensor]] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        found.setdefault(id(tensor), (name, tensor.detach()))
    return dict(found.values())


@torch.no_grad()
def put_weights(model: nn.Module, weights: Weights) -> None:
    """The opposite of ``weights_of``. Names that ``weights`` lacks are left as they are."""
    own = weights_of(model)
    for name, tensor in weights.items():
        own[name].copy_(tensor)


def mean_weights(several: Sequence[Weights]) -> dict[str, Tensor]:
    """The mean of each weight (Vaswani et al. 2017, section 6.1); of counters and the like, the last."""

    def mean(name: str) -> Tensor:
        tensors = [weights[name] for weights in several]
        return torch.stack(tensors).mean(0) if tensors[0].is_floating_point() else tensors[-1]

    return {name: mean(name) for name in several[0]}


class MovingAverage:
    """w̄ ← d w̄ + (1 - d) w after each step; d is small at first, so that the first weights are soon forgotten."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self._parameters = {name: each for name, each in model.named_parameters() if each.requires_grad}
        self._averaged = {name: each.detach().clone() for name, each in self._parameters.items()}

    @property
    def weights(self) -> Weights:
        return self._averaged

    @torch.no_grad()
    def update(self, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self._averaged.values()), list(self._parameters.values()), 1 - decay)

    @torch.no_grad()
    def put(self, weights: Weights) -> None:
        for name, averaged in self._averaged.items():
            averaged.copy_(weights[name])

    @contextmanager
    def in_the_model(self) -> Iterator[None]:
        """While open, the model has the average for its weights. Nothing is copied."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for name, parameter in self._parameters.items():
            parameter.data, self._averaged[name] = self._averaged[name], parameter.data

"""The optimisers, each with its own settings; all take their rate from the schedule, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Amount, Count, Rate, Scale
from seqloom.training.adam import FusedAdamW
from seqloom.training.descent import Descent
from seqloom.training.muon import Muon

__all__ = [
    "AdamSettings",
    "AdamWSettings",
    "MuonSettings",
    "OptimizerSettings",
    "RmspropSettings",
    "SgdSettings",
]

Optimizers = tuple[torch.optim.Optimizer | Descent, ...]


@dataclass(frozen=True, kw_only=True)
class AdamWSettings:
    """The optimizer AdamW (Loshchilov & Hutter 2019)."""

    kind: Literal["adamw"] = "adamw"
    betas: tuple[Rate, Rate] = (0.9, 0.98)
    """How slowly it forgets the gradient, and its square."""
    epsilon: Scale = 1e-8
    """Added to the root of the gradient's square."""
    weight_decay: Amount = 0.0
    """Of matrices; biases and normalisations do not decay."""

    def build(self, model: nn.Module) -> Optimizers:
        groups = _groups(_learnt(model), self.weight_decay)
        return (FusedAdamW(groups, betas=self.betas, eps=self.epsilon),)


@dataclass(frozen=True, kw_only=True)
class AdamSettings:
    """The optimizer Adam (Kingma & Ba 2015)."""

    kind: Literal["adam"] = "adam"
    betas: tuple[Rate, Rate] = (0.9, 0.98)
    """How slowly it forgets the gradient, and its square."""
    epsilon: Scale = 1e-8
    """Added to the root of the gradient's square."""

    def build(self, model: nn.Module) -> Optimizers:
        groups = [{"params": _learnt(model), "weight_decay": 0.0}]  # without decay the two are one
        return (FusedAdamW(groups, betas=self.betas, eps=self.epsilon),)


@dataclass(frozen=True, kw_only=True)
class RmspropSettings:
    """The optimizer RMSprop (Tieleman & Hinton 2012)."""

    kind: Literal["rmsprop"] = "rmsprop"
    beta: Rate = 0.99
    """How slowly it forgets the gradient's square."""
    epsilon: Scale = 1e-8
    momentum: Rate = 0.0
    weight_decay: Amount = 0.0
    """Of matrices, added to their gradient."""

    def build(self, model: nn.Module) -> Optimizers:
        groups = _groups(_learnt(model), self.weight_decay)
        return (torch.optim.RMSprop(groups, alpha=self.beta, eps=self.epsilon, momentum=self.momentum),)


@dataclass(frozen=True, kw_only=True)
class SgdSettings:
    """The optimizer SGD, stochastic gradient descent."""

    kind: Literal["sgd"] = "sgd"
    momentum: Rate = 0.9
    nesterov: bool = False
    """Look ahead by the momentum (Sutskever et al. 2013)."""
    weight_decay: Amount = 0.0
    """Of matrices, added to their gradient."""

    def __post_init__(self) -> None:
        if self.nesterov and not self.momentum:
            raise RecipeError("momentum must be greater than 0 with nesterov, but is 0.")

    def build(self, model: nn.Module) -> Optimizers:
        groups = _groups(_learnt(model), self.weight_decay)
        return (torch.optim.SGD(groups, momentum=self.momentum, nesterov=self.nesterov, fused=True),)


@dataclass(frozen=True, kw_only=True)
class MuonSettings:
    """The optimizer Muon (Jordan et al. 2024).

    It makes the momentum of hidden matrices orthogonal; embeddings, the head and all that is no matrix are AdamW's.
    Its steps are made as long as AdamW's usually are (Liu et al. 2025, equation 4), so that one rate fits both.
    """

    kind: Literal["muon"] = "muon"
    momentum: Rate = 0.95
    nesterov: bool = True
    slab: Count = 64
    """How many rows or columns, whichever are fewer, are made orthogonal together; 0: all of a matrix."""
    betas: tuple[Rate, Rate] = (0.9, 0.98)
    """Of AdamW."""
    epsilon: Scale = 1e-8
    """Of AdamW."""
    weight_decay: Amount = 0.0
    """Of matrices, AdamW's too."""

    def build(self, model: nn.Module) -> Optimizers:
        outer = {id(table.weight) for table in model.modules() if isinstance(table, nn.Embedding)}
        outer |= {id(parameter) for parameter in getattr(model, "head", nn.Module()).parameters()}
        learnt = _learnt(model)
        hidden = [each for each in learnt if each.dim() == 2 and id(each) not in outer]
        chosen = {id(each) for each in hidden}
        rest = _groups([each for each in learnt if id(each) not in chosen], self.weight_decay)
        adamw = FusedAdamW(rest, betas=self.betas, eps=self.epsilon)
        if not hidden:
            return (adamw,)
        groups = [{"params": hidden, "weight_decay": self.weight_decay}]
        return (Muon(groups, momentum=self.momentum, nesterov=self.nesterov, slab=self.slab), adamw)


OptimizerSettings = AdamWSettings | AdamSettings | RmspropSettings | SgdSettings | MuonSettings


def _learnt(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def _groups(parameters: list[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Matrices, which decay, and the rest, which does not."""
    return [
        {"params": [each for each in parameters if each.dim() > 1], "weight_decay": weight_decay},
        {"params": [each for each in parameters if each.dim() <= 1], "weight_decay": 0.0},
    ]

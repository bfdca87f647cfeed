"""Chance in a pass over a batch, and dropout.

Threads that compute side by side must not draw from one generator: who comes first would decide who draws what. So a
thread that begins a purpose (``begun``) has generators of its own until it ends; every other draws where torch does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Dropout", "begun", "dropout", "kept", "normal", "poisson", "seeds", "uniform"]


@dataclass(frozen=True)
class _Dice:
    bits: np.random.BitGenerator
    torch: torch.Generator


class _Own(threading.local):
    dice: _Dice | None = None


_own = _Own()


@contextmanager
def begun(seed: int) -> Iterator[None]:
    """While open, all that this thread draws here is a function of the seed."""
    before, dice = _own.dice, torch.Generator()
    dice.manual_seed(seed)
    _own.dice = _Dice(np.random.SFC64(seed), dice)
    try:
        yield
    finally:
        _own.dice = before


def uniform(like: Tensor) -> Tensor:
    """A number between 0 and 1 for each of ``like``."""
    return torch.rand(like.shape, generator=_torch(like.device), device=like.device)


def normal(like: Tensor) -> Tensor:
    """A number of a standard Gaussian for each of ``like``, of its type."""
    return torch.randn(like.shape, generator=_torch(like.device), dtype=like.dtype, device=like.device)


def poisson(like: Tensor, mean: float) -> Tensor:
    """How often what happens so often in the mean happens, for each of ``like``."""
    rates = torch.full(like.shape, mean, device=like.device)
    return torch.poisson(rates, generator=_torch(like.device))


def seeds(count: int) -> list[int]:
    """For generators of somebody else."""
    chosen: list[int] = torch.randint(2**31, (count,), generator=_torch(torch.device("cpu"))).tolist()
    return chosen


def _torch(device: torch.device) -> torch.Generator | None:
    """What torch's own functions are to draw from; None: where they always do."""
    return _own.dice.torch if _own.dice is not None and device.type == "cpu" else None


class Dropout(nn.Module):
    """Some numbers become 0, the others larger, so that the expected value stays (Srivastava et al. 2014)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.rate, training=self.training)

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


def dropout(x: Tensor, rate: float, *, training: bool = True) -> Tensor:
    """``x`` where chance, once for every number, leaves it, divided by the share that stays.

    On a processor torch asks a slow generator once a number; here a quick one is asked once for four.
    """
    if not training or not rate:
        return x
    if x.device.type != "cpu":
        return functional.dropout(x, rate)
    return x * kept(x, rate)


_STEPS = 1 << 16


def kept(like: Tensor, rate: float) -> Tensor:
    """0 with the probability ``rate``, else 1 / (1 - rate); a number for each of ``like``."""
    barrier = round(rate * _STEPS)
    if barrier == _STEPS:
        return torch.zeros_like(like)
    bits = np.random.SFC64(int(torch.randint(1 << 62, ()))) if _own.dice is None else _own.dice.bits
    drawn = torch.from_numpy(bits.random_raw(-(-like.numel() // 4)).view(np.int16)[: like.numel()])
    mask = torch.empty(like.shape, dtype=like.dtype)
    torch.ge(drawn.view(like.shape), barrier - _STEPS // 2, out=mask)
    return mask.mul_(_STEPS / (_STEPS - barrier))

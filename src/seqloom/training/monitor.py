"""Whether the loss goes where it should: its running mean, and what tells a run that was lost from one that sways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

__all__ = ["Monitor"]

_DECAY = 0.95
_BEGINNING = 20
"""Losses after which the running mean stands for how bad the beginning was."""
_PATIENCE = 20
"""Steps in a row that it must be lost."""


@dataclass(kw_only=True)
class Monitor:
    """A run is lost when half of all that was learnt is lost again, and stays lost.

    In nats: the running mean is above best + (first - best) / 2 and half as high again as the best, 20 steps long. A
    loss near zero may so be many times its best, and one that an objective raises slowly may rise.
    """

    _sum: float = 0.0
    _weight: float = 0.0
    _seen: int = 0
    first: float | None = None
    best: float = float("inf")
    high: int = 0
    """Steps in a row that were too high."""

    @property
    def mean(self) -> float:
        """The running mean of the losses seen."""
        return self._sum / self._weight if self._weight else float("nan")

    def see(self, loss: float) -> bool:
        """Take in a step's loss; whether the run is lost."""
        self._sum = _DECAY * self._sum + (1 - _DECAY) * loss
        self._weight = _DECAY * self._weight + (1 - _DECAY)
        self._seen += 1
        if self._seen < _BEGINNING:
            return False
        if self.first is None:
            self.first = self.mean
        self.best = min(self.best, self.mean)
        too_high = max(self.best + (self.first - self.best) / 2, 1.5 * self.best)
        self.high = self.high + 1 if self.mean > too_high else 0
        return self.high >= _PATIENCE

    def forget(self) -> None:
        """Begin the mean anew, from weights that are good again."""
        self._sum, self._weight, self._seen, self.high = 0.0, 0.0, 0, 0

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)

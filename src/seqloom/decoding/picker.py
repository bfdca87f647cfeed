"""What a way to search does at each step of a running batch, and the chance that some of them need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import torch
from torch import Tensor

from seqloom.decoding.choice import Choice
from seqloom.decoding.columns import Columns
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.progress import Progress
from seqloom.decoding.request import Request

__all__ = ["Chances", "Picker"]


class Picker(Protocol):
    """Chooses which hypotheses go on, and with which token, for all sources of a running batch."""

    lanes: int
    """How many stretches of a source's beams keep n best of their own; 1 but for groups."""
    brief: bool
    """Whether it looks at nothing but the K best tokens of each hypothesis, where nothing constrains them."""

    @classmethod
    def of(cls, requests: Sequence[Request], *, vocabulary_size: int, device: torch.device | None) -> Self: ...

    def begin(self, live: Hypotheses) -> Hypotheses:
        """The first hypotheses; ``live`` has the first beam of each source alive."""
        ...

    def pick(
        self, logp_NV: Tensor, live: Hypotheses, columns: Columns, progress: Sequence[Progress], *, again: Sequence[int]
    ) -> Choice:
        """``logp_NV`` is -inf where a token is barred. ``again``: the rows of which a token has been barred since the
        last choice of the same step; () at a step's first.
        """
        ...

    def keep(self, places: Sequence[int], rows_B: Tensor) -> None:
        """These sources stay, the others go."""
        ...

    def join(self, other: Self) -> None:
        """Append the sources of ``other``, which have just started."""
        ...


class Chances:
    """Chance of its own for each source, from the CPU: it depends on neither the batch nor the device."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def uniform(self, place: int, *shape: int) -> Tensor:
        """Numbers from 0 to below 1, for the source at this place."""
        return torch.rand(*shape, generator=self._generators[place])

    def keep(self, places: Sequence[int]) -> None:
        self._generators = [self._generators[place] for place in places]

    def join(self, other: Chances) -> None:
        self._generators += other._generators

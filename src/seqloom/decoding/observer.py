"""Who watches a search."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from torch import Tensor

__all__ = ["Observer"]


class Observer(Protocol):
    """Watches the hypotheses grow, to draw their tree."""

    def __call__(self, ids: Sequence[Hashable], parents_BK: Tensor, tokens_BK: Tensor, totals_BK: Tensor, /) -> None:
        """Called after every step, with the ids of the sources and their K next hypotheses.

        ``parents_BK`` says which of the source's hypotheses of the step before each one continues, ``totals_BK`` its
        log-probability; -inf: there is none. One that took the end is seen once and is no parent.
        """
        ...

"""What a query meets at a source, what it is told of those before it, and what it fetches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from seqloom.nn.repeated import Repeated
from seqloom.nn.state import BeamRows, Rows

__all__ = ["Attended", "AttentionKeys", "Look", "Past", "Products"]


@dataclass(frozen=True, kw_only=True)
class AttentionKeys(Rows):
    """What does not depend on the step, computed once a source."""

    keys_BSA: Tensor
    values_BSD: Tensor
    mask_BS: Tensor


@dataclass(frozen=True, kw_only=True)
class Past(BeamRows):
    """What an attention remembers of each hypothesis; None: it needs nothing of that kind."""

    covered_NS: Tensor | None = None
    """The sum of all weights so far."""
    last_NS: Tensor | None = None
    """The last query's weights; zeros before the first."""
    queries_N: Tensor | None = None
    """How many queries there were."""

    def then(self, weights_NTS: Tensor) -> Past:
        """The past of the query after these."""
        return replace(
            self,
            covered_NS=None if self.covered_NS is None else self.covered_NS + weights_NTS.sum(1),
            last_NS=None if self.last_NS is None else weights_NTS[:, -1],
            queries_N=None if self.queries_N is None else self.queries_N + weights_NTS.shape[1],
        )


@dataclass(frozen=True, kw_only=True)
class Attended:
    """What a query fetched, and from where."""

    context_NTD: Tensor
    weights_NTS: Tensor
    """The mean over heads where there are several."""
    weights_NHTS: Tensor
    past: Past | None
    """What the next query is to be told."""

    @classmethod
    def side_by_side(cls, looks: Sequence[Attended]) -> Attended:
        """What queries fetched one after the other, as if they had been one call."""
        return cls(
            context_NTD=torch.cat([look.context_NTD for look in looks], 1),
            weights_NTS=torch.cat([look.weights_NTS for look in looks], 1),
            weights_NHTS=torch.cat([look.weights_NHTS for look in looks], 2),
            past=looks[-1].past,
        )


Look = Callable[[Tensor, Past | None], Attended]
"""A query a row, and what it is told, in; what it fetched out."""


@dataclass(frozen=True, kw_only=True)
class Products:
    """A source, and the linear maps that queries meet there."""

    source: AttentionKeys
    queries: Callable[[Tensor], Tensor]
    """To the inner width."""
    keys: Callable[[Tensor], Tensor]
    """BQA → BQS."""
    values: Callable[[Tensor], Tensor]
    """BQS → BQD."""

    @classmethod
    def once(cls, queries: nn.Linear | None, source: AttentionKeys) -> Products:
        return cls(
            source=source,
            queries=queries or _same,
            keys=lambda query_BQA: query_BQA @ source.keys_BSA.transpose(1, 2),
            values=lambda weights_BQS: weights_BQS @ source.values_BSD,
        )

    @classmethod
    def repeated(cls, queries: nn.Linear | None, source: AttentionKeys, *, like_N: Tensor, steps: int) -> Products:
        """The same for the steps of a loop, one query a step."""
        beams = like_N.shape[0] // source.mask_BS.shape[0]
        project = None if queries is None else Repeated.of(queries, like_N=like_N, steps=steps)
        return cls(
            source=source,
            queries=_same if project is None else lambda query_N1D: project(query_N1D[:, 0])[:, None],
            keys=Repeated.of_rows(source.keys_BSA, queries=beams, steps=steps),
            values=Repeated.of_rows(source.values_BSD.transpose(1, 2), queries=beams, steps=steps),
        )


def _same(x: Tensor) -> Tensor:
    return x

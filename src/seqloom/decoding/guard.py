"""A request's constraints, asked for whole rows of log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.decoding.columns import Columns
from seqloom.decoding.constraints import Every
from seqloom.decoding.request import AllBut, Constraint, Only, Request

__all__ = ["Guard"]


class _Moves(NamedTuple):
    """The tokens that a state allows, and how many more each one needs after it."""

    ids_P: Tensor
    needs_P: Tensor


class Guard:
    """Bars what a constraint forbids, and every token after which the length limit could not be kept.

    Tokens that a state lists are looked at beforehand. Where it allows nearly everything that would be too many, so
    the token chosen is looked at instead (``fits``), and barred after the fact; unless there is no slack left and most
    tokens would be.
    """

    def __init__(self, request: Request, *, limit: int, vocabulary: Specials, device: torch.device | None) -> None:
        self.limit = limit
        self._constraint: Constraint = (
            request.constraints[0] if len(request.constraints) == 1 else Every(request.constraints)
        )
        self._specials = frozenset((vocabulary.pad, vocabulary.bos, vocabulary.eos))
        self._device = device
        self._moves: dict[tuple[Hashable, int], _Moves] = {}

    def start(self) -> Hashable:
        return self._constraint.start()

    def advance(self, state: Hashable, token: int) -> Hashable:
        return self._constraint.advance(state, token)

    def fits(self, state: Hashable, length: int) -> bool:
        """Whether a hypothesis of this length can still become an answer."""
        return self._constraint.missing(state) <= self.limit - length

    def mask(self, logp_V: Tensor, state: Any, *, length: int, columns: Columns) -> None:
        """Bar in place what may not follow. Not asked at the limit, where only the end is left."""
        missing, left = self._constraint.missing(state), self.limit - length
        allowed = self._constraint.allowed(state)
        end = logp_V[columns.end].clone() if missing == 0 else -math.inf
        if isinstance(allowed, Only):
            self._keep(logp_V, self._look_ahead(state, allowed.ids, 0), left, columns)
        else:
            barred = allowed.ids if isinstance(allowed, AllBut) else frozenset()
            if missing >= left:
                ids = frozenset(range(columns.vocabulary.size) if columns.ids_V is not None else range(columns.width))
                self._keep(logp_V, self._look_ahead(state, ids - barred, columns.width), left, columns)
            elif barred:
                logp_V.masked_fill_(columns.of(self._tensor(sorted(barred))), -math.inf)
        logp_V[columns.end] = end

    def _keep(self, logp_V: Tensor, moves: _Moves, left: int, columns: Columns) -> None:
        logp_V.masked_fill_(~columns.of(moves.ids_P[moves.needs_P < left]), -math.inf)

    def _look_ahead(self, state: Hashable, ids: frozenset[int], width: int) -> _Moves:
        """Remembered by state, because beams and steps come back to the same ones."""
        if (state, width) not in self._moves:
            tokens = sorted(ids - self._specials)
            needs = [self._constraint.missing(self._constraint.advance(state, token)) for token in tokens]
            self._moves[state, width] = _Moves(self._tensor(tokens), self._tensor(needs))
        return self._moves[state, width]

    def _tensor(self, numbers: list[int]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.long, device=self._device)

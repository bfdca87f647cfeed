"""A request's constraints, asked for whole rows of log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.decoding.columns import Columns
from seqloom.decoding.constraints.basic import Every
from seqloom.decoding.constraints.goal import Goal
from seqloom.decoding.request import AllBut, Constraint, Everything, Only, Request

__all__ = ["Guard"]

_FEW = 64
"""Tokens for which it does not pay to keep a mask."""

_State = tuple[Any, ...]


class _Moves(NamedTuple):
    """The tokens that a state allows, and how many more each one needs after it."""

    ids_P: Tensor
    needs_P: Tensor


class Guard:
    """Bars what a constraint forbids, and every token after which the length limit could not be kept.

    What a constraint forbids is barred beforehand. Whether a token leaves enough room is looked at once it has been
    chosen (``fits``), and it is barred after the fact: only a few ever are chosen. Where there is no slack left, or a
    row has been chosen from in vain, all of a state's tokens are looked at (``bar_dead_ends``).

    A state is the tuple of what each of the constraints is in.
    """

    def __init__(self, request: Request, *, limit: int, vocabulary: Specials, device: torch.device | None) -> None:
        self.limit = limit
        self._parts = tuple(_flat(request.constraints))
        self._goals = [(place, part) for place, part in enumerate(self._parts) if isinstance(part, Goal)]
        self._specials = frozenset((vocabulary.pad, vocabulary.bos, vocabulary.eos))
        self._device = device
        self._next: dict[tuple[_State, int], _State] = {}
        self._needs: dict[_State, int] = {}
        self._moves: dict[tuple[_State, int, tuple[int, ...]], _Moves] = {}

    def start(self) -> _State:
        return tuple(part.start() for part in self._parts)

    def advance(self, state: Any, token: int) -> _State:
        """Remembered, because search asks before it chooses and when it has."""
        key = (state, token)
        if key not in self._next:
            self._next[key] = tuple(part.advance(mine, token) for part, mine in zip(self._parts, state, strict=True))
        return self._next[key]

    def missing(self, state: Any) -> int:
        if state not in self._needs:
            self._needs[state] = self._missing(state)
        return self._needs[state]

    def _missing(self, state: _State) -> int:
        return max((part.missing(mine) for part, mine in zip(self._parts, state, strict=True)), default=0)

    def fits(self, state: Hashable, length: int) -> bool:
        """Whether a hypothesis of this length can still become an answer."""
        return self.missing(state) <= self.limit - length

    # ---- what may not follow -----------------------------------------------------------------------------------------

    def mask(self, logp_V: Tensor, state: Any, *, length: int, columns: Columns) -> None:
        """Bar in place what may not follow. Not asked at the limit, where only the end is left."""
        missing = self.missing(state)
        if missing >= self.limit - length:
            self.bar_dead_ends(logp_V, state, length=length, columns=columns)
            return
        end = logp_V[columns.end].clone() if missing == 0 else -math.inf
        barred: list[int] = []
        for part, mine in zip(self._parts, state, strict=True):
            allowed = part.allowed(mine)
            if isinstance(allowed, Only):
                logp_V.masked_fill_(_others(allowed, columns), -math.inf)
            elif isinstance(allowed, AllBut) and len(allowed.ids) > _FEW and columns.ids_V is None:
                logp_V.masked_fill_(_these_of_all(allowed, columns.width, columns.device), -math.inf)
            elif isinstance(allowed, AllBut):
                barred += allowed.ids
        if barred:
            logp_V.masked_fill_(columns.of(self._tensor(barred)), -math.inf)
        logp_V[columns.end] = end

    def bar_dead_ends(self, logp_V: Tensor, state: Any, *, length: int, columns: Columns) -> None:
        """Bar also every token that leaves too little room for what is missing then."""
        end = logp_V[columns.end].clone() if self.missing(state) == 0 else -math.inf
        width = columns.vocabulary.size if columns.ids_V is not None else columns.width
        left = self.limit - length
        late = tuple(place for place, goal in self._goals if goal.missing(state[place]) >= left)
        key = (state, width, late)
        if key not in self._moves:
            every = set(range(width))
            for place, goal in self._goals:
                if place in late:  # only what brings it nearer leaves room enough
                    every &= set(goal.nearer(state[place]))
            self._moves[key] = self._look_ahead(state, every)
        moves = self._moves[key]
        logp_V.masked_fill_(~columns.of(moves.ids_P[moves.needs_P < left]), -math.inf)
        logp_V[columns.end] = end

    def _look_ahead(self, state: _State, every: Iterable[int]) -> _Moves:
        allowed = set(every) - self._specials
        for part, mine in zip(self._parts, state, strict=True):
            says = part.allowed(mine)
            if not isinstance(says, Everything):
                allowed = allowed & says.ids if isinstance(says, Only) else allowed - says.ids
        tokens = sorted(allowed)
        needs = [
            max(part.missing(part.advance(mine, token)) for part, mine in zip(self._parts, state, strict=True))
            for token in tokens
        ]
        return _Moves(self._tensor(tokens), self._tensor(needs))

    def _tensor(self, numbers: list[int]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.long, device=self._device)

    # ---- what has to be brought on -----------------------------------------------------------------------------------

    @property
    def has_goals(self) -> bool:
        return bool(self._goals)

    def remaining(self, state: Any) -> int:
        """How many tokens away the goals are."""
        return sum(goal.remaining(state[place]) for place, goal in self._goals)

    def towards(self, state: Any) -> Collection[int]:
        """The tokens that bring a goal nearer."""
        return {token for place, goal in self._goals for token in goal.towards(state[place])}


def _flat(constraints: Iterable[Constraint]) -> Iterator[Constraint]:
    for constraint in constraints:
        if isinstance(constraint, Every):
            yield from _flat(constraint.constraints)
        else:
            yield constraint


def _others(only: Only, columns: Columns) -> Tensor:
    """True at the columns of all other tokens."""
    if columns.ids_V is not None:
        return ~columns.of(torch.tensor(list(only.ids), dtype=torch.long, device=columns.device))
    return _others_of_all(only, columns.width, columns.device)


@lru_cache(maxsize=1024)
def _others_of_all(only: Only, width: int, device: torch.device) -> Tensor:
    """Kept for the next request: one expression gives the same sets again."""
    return ~_marked(only.ids, width, device)


@lru_cache(maxsize=1024)
def _these_of_all(all_but: AllBut, width: int, device: torch.device) -> Tensor:
    """Kept in the same way."""
    return _marked(all_but.ids, width, device)


def _marked(ids: Iterable[int], width: int, device: torch.device) -> Tensor:
    found_V = torch.zeros(width, dtype=torch.bool, device=device)
    found_V[torch.tensor([token for token in ids if token < width], dtype=torch.long, device=device)] = True
    return found_V

"""The first constraints: a forced beginning, a set of allowed tokens, and all of several."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from seqloom.core.errors import DecodingError
from seqloom.decoding.request import EVERYTHING, AllBut, Allowed, Constraint, Everything, Only

__all__ = ["AllowedSet", "Every", "ForcedPrefix"]


class ForcedPrefix:
    """The answer begins with these tokens. A state is how many of them have been said."""

    def __init__(self, tokens: Iterable[int]) -> None:
        self.tokens = tuple(int(token) for token in tokens)

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return Only(frozenset(self.tokens[state : state + 1])) if state < len(self.tokens) else EVERYTHING

    def advance(self, state: int, token: int) -> int:
        return min(state + 1, len(self.tokens))

    def missing(self, state: int) -> int:
        return len(self.tokens) - state


class AllowedSet:
    """The answer consists of these tokens only. There is one state."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.only = Only(frozenset(int(token) for token in ids))
        if not self.only.ids:
            raise DecodingError("`ids` of an allowed set must have at least one token, but is empty. Name some.")

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return self.only

    def advance(self, state: int, token: int) -> int:
        return state

    def missing(self, state: int) -> int:
        return 0


class Every:
    """All of several constraints at once: their product. A state is the tuple of theirs."""

    def __init__(self, constraints: Iterable[Constraint]) -> None:
        self.constraints = tuple(constraints)

    def start(self) -> tuple[Hashable, ...]:
        return tuple(constraint.start() for constraint in self.constraints)

    def allowed(self, state: tuple[Hashable, ...]) -> Allowed:
        allowed: Allowed = EVERYTHING
        for constraint, part in zip(self.constraints, state, strict=True):
            allowed = _both(allowed, constraint.allowed(part))
        return allowed

    def advance(self, state: tuple[Hashable, ...], token: int) -> tuple[Hashable, ...]:
        return tuple(constraint.advance(part, token) for constraint, part in zip(self.constraints, state, strict=True))

    def missing(self, state: tuple[Hashable, ...]) -> int:
        """At least what each one needs; more, where their ways differ."""
        return max(
            (constraint.missing(part) for constraint, part in zip(self.constraints, state, strict=True)), default=0
        )


def _both(first: Allowed, second: Allowed) -> Allowed:
    """What both allow."""
    if isinstance(first, Everything):
        return second
    if isinstance(second, Everything):
        return first
    if isinstance(first, Only):
        return Only(first.ids & second.ids if isinstance(second, Only) else first.ids - second.ids)
    if isinstance(second, Only):
        return Only(second.ids - first.ids)
    return AllBut(first.ids | second.ids)

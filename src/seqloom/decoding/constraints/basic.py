"""The first constraints: a forced beginning, a set of allowed tokens, a trie of allowed answers, and all of several."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from seqloom.core.errors import DecodingError
from seqloom.decoding.request import EVERYTHING, AllBut, Allowed, Constraint, Everything, Only

__all__ = ["AllowedSet", "Every", "ForcedPrefix", "Trie"]


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


class Trie:
    """The answer is one of these. A state is a node; an answer may go on where a shorter one ends."""

    def __init__(self, answers: Iterable[Sequence[int]]) -> None:
        self._children: list[dict[int, int]] = [{}]
        ends = {self._insert(answer) for answer in answers}
        if not ends:
            raise DecodingError("`answers` of a trie must have at least one answer, but is empty. Name some.")
        self._only = [Only(frozenset(children)) for children in self._children]
        self._missing = [0] * len(self._children)
        for node in reversed(range(len(self._children))):  # children come after their parents
            if node not in ends:
                self._missing[node] = 1 + min(self._missing[child] for child in self._children[node].values())

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return self._only[state]

    def advance(self, state: int, token: int) -> int:
        return self._children[state][token]

    def missing(self, state: int) -> int:
        """The tokens of the shortest way to an answer's end."""
        return self._missing[state]

    def _insert(self, answer: Sequence[int]) -> int:
        node = 0
        for token in map(int, answer):
            if token not in self._children[node]:
                self._children[node][token] = len(self._children)
                self._children.append({})
            node = self._children[node][token]
        return node


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

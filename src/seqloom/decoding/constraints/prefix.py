"""Answers that begin with given tokens."""

from __future__ import annotations

from collections.abc import Sequence

from seqloom.decoding.request import EVERYTHING, Allowed, Only

__all__ = ["Prefix"]


class Prefix:
    """These tokens, then whatever the search likes. A state is how many of them were said."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self.tokens = tuple(tokens)

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return Only(frozenset(self.tokens[state : state + 1])) if state < len(self.tokens) else EVERYTHING

    def advance(self, state: int, token: int) -> int:
        return min(state + 1, len(self.tokens))

    def missing(self, state: int) -> int:
        return len(self.tokens) - state

"""Answers that begin with given tokens, and what another constraint lets follow them."""

from __future__ import annotations

from collections.abc import Sequence

from seqloom.decoding.request import EVERYTHING, Allowed, Constraint, Only

__all__ = ["Next", "Prefix"]


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


class Next:
    """Behind these tokens another constraint holds for one more, whatever it asks for behind that.

    So an answer may be cut there that would not be whole. A state is how many tokens were said, one more at most.
    """

    def __init__(self, tokens: Sequence[int], constraint: Constraint) -> None:
        self.place = len(tokens)
        state = constraint.start()
        for token in tokens:
            state = constraint.advance(state, token)
        self.now = constraint.allowed(state)
        self.ends = constraint.missing(state) == 0

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return self.now if state == self.place else EVERYTHING

    def advance(self, state: int, token: int) -> int:
        return min(state, self.place) + 1

    def missing(self, state: int) -> int:
        return 1 if state == self.place and not self.ends else 0

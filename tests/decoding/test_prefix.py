"""Answers that must begin with given tokens, and what else must hold there."""

from __future__ import annotations

from seqloom.decoding.constraints.lengths import SameTokens
from seqloom.decoding.constraints.prefix import Next, Prefix
from seqloom.decoding.request import EVERYTHING, Only


def walked(constraint: Prefix | Next, *tokens: int) -> int:
    state = constraint.start()
    for token in tokens:
        state = constraint.advance(state, token)
    return state


def test_a_prefix_is_said_and_then_anything() -> None:
    prefix = Prefix([7, 5])
    assert prefix.allowed(prefix.start()) == Only(frozenset({7}))
    assert prefix.allowed(walked(prefix, 7)) == Only(frozenset({5}))
    assert [prefix.missing(walked(prefix, *said)) for said in ((), (7,), (7, 5), (7, 5, 9))] == [2, 1, 0, 0]
    assert prefix.allowed(walked(prefix, 7, 5)) is EVERYTHING
    assert prefix.allowed(walked(prefix, 7, 5, 9)) is EVERYTHING


def test_one_token_more_needs_nothing_behind_it() -> None:
    """Three tokens are wanted: the second may be any but the end, and is enough."""
    second = Next([7], SameTokens(3))
    assert [second.missing(walked(second, *said)) for said in ((), (7,), (7, 5))] == [0, 1, 0]
    assert second.allowed(walked(second, 7)) is EVERYTHING


def test_where_the_other_constraint_is_over_the_end_may_come_alone() -> None:
    fourth = Next([7, 7, 7], SameTokens(3))
    assert fourth.missing(walked(fourth, 7, 7, 7)) == 0
    assert fourth.allowed(walked(fourth, 7, 7, 7)) == Only(frozenset())

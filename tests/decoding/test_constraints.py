"""Constraints as automata, and as filters on all answers there are."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from seqloom.core.errors import DecodingError
from seqloom.decoding.constraints.basic import AllowedSet, Every, ForcedPrefix
from seqloom.decoding.constraints.trie import Trie
from seqloom.decoding.request import (
    EVERYTHING,
    AllBut,
    Allowed,
    BeamSearch,
    Everything,
    Only,
    Sampling,
    SearchKind,
    answer,
)
from seqloom.decoding.search import Search

from .oracles import allows
from .tables import Table, ask, every_answer, run


def test_a_forced_prefix() -> None:
    prefix = ForcedPrefix([4, 5])
    state = prefix.start()
    assert prefix.allowed(state) == Only(frozenset([4]))
    assert prefix.missing(state) == 2
    state = prefix.advance(prefix.advance(state, 4), 5)
    assert prefix.allowed(state) == EVERYTHING
    assert prefix.missing(prefix.advance(state, 3)) == 0


def test_a_trie_knows_the_shortest_way_out() -> None:
    trie = Trie([[3, 4, 5], [3], [4, 4, 4, 4], [4, 4, 5]])
    assert trie.missing(trie.start()) == 1
    assert trie.allowed(trie.start()) == Only(frozenset([3, 4]))
    ended = trie.advance(trie.start(), 3)
    assert trie.missing(ended) == 0
    assert trie.allowed(ended) == Only(frozenset([4]))
    assert trie.missing(trie.advance(trie.start(), 4)) == 2


@given(
    known=some.sets(some.lists(some.integers(3, 5), max_size=4).map(tuple), min_size=1, max_size=6),
    barred=some.sets(some.lists(some.integers(3, 5), max_size=4).map(tuple), max_size=6),
)
def test_a_trie_without_some_of_its_answers_is_a_smaller_trie(
    known: set[tuple[int, ...]], barred: set[tuple[int, ...]]
) -> None:
    trie = Trie(known)
    if known <= barred:
        with pytest.raises(DecodingError, match="bars every answer"):
            trie.without(barred)
        return
    less, smaller = trie.without(barred), Trie(known - barred)
    states = [(less.start(), smaller.start())]
    while states:
        ours, theirs = states.pop()
        assert less.missing(ours) == smaller.missing(theirs)
        allowed = [token for token in (3, 4, 5) if allows(less.allowed(ours), token)]
        assert Only(frozenset(allowed)) == smaller.allowed(theirs)
        states += [(less.advance(ours, token), smaller.advance(theirs, token)) for token in allowed]


@pytest.mark.parametrize("make", [lambda: Trie([]), lambda: AllowedSet([])])
def test_nothing_to_choose_from_is_an_error(make: object) -> None:
    with pytest.raises(DecodingError, match="must have at least one"):
        make()  # type: ignore[operator]


class Says:
    """Allows one thing."""

    def __init__(self, allowed: Allowed, missing: int = 0) -> None:
        self._allowed, self._missing = allowed, missing

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return self._allowed

    def advance(self, state: int, token: int) -> int:
        return state

    def missing(self, state: int) -> int:
        return self._missing


@pytest.mark.parametrize("first", [EVERYTHING, Only(frozenset([3, 4])), AllBut(frozenset([4, 6]))])
@pytest.mark.parametrize("second", [EVERYTHING, Only(frozenset([4, 5])), AllBut(frozenset([3]))])
def test_every_allows_what_all_allow(first: Allowed, second: Allowed) -> None:
    def allows(allowed: Allowed, token: int) -> bool:
        if isinstance(allowed, Everything):
            return True
        return (token in allowed.ids) == isinstance(allowed, Only)

    both = Every([Says(first, 2), Says(second, 3)])
    state = both.advance(both.start(), 3)
    assert both.missing(state) == 3
    for token in range(8):
        assert allows(both.allowed(state), token) == (allows(first, token) and allows(second, token))


def test_every_of_none_is_free() -> None:
    free = Every([])
    assert free.allowed(free.start()) == EVERYTHING
    assert free.missing(free.start()) == 0


class Brackets:
    """4 opens and 5 closes; everything else is free."""

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return AllBut(frozenset([5])) if state == 0 else EVERYTHING

    def advance(self, state: int, token: int) -> int:
        return state + {4: 1, 5: -1}.get(token, 0)

    def missing(self, state: int) -> int:
        return state


ANSWERS = [[4, 4, 4, 4], [4, 4, 5], [3], [5, 3, 5], [5]]
KINDS = {
    "prefix": (ForcedPrefix([5, 4]),),
    "set": (AllowedSet([3, 5]),),
    "trie": (Trie(ANSWERS),),
    "empty": (Trie([[], [3, 3]]),),
    "trie and set": (Trie(ANSWERS), AllowedSet([3, 5])),
    "prefix and brackets": (ForcedPrefix([4, 3]), Brackets()),
    "brackets": (Brackets(),),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_constraint_filters_all_answers(kind: str) -> None:
    for seed in range(2):
        table = Table(seed)
        request = ask(0, beams=125, nbest=125, max_length=4, constraints=KINDS[kind])
        first = answer(Search(table), [request])[0]
        expected = every_answer(table, request)
        assert [each.tokens for each in (first, *first.alternatives)] == [each.tokens for each in expected]
        if kind == "trie":
            assert {each.tokens for each in expected} == set(map(tuple, ANSWERS))
        if kind == "brackets":
            free = every_answer(table, ask(0, max_length=4))
            assert {each.tokens for each in expected} == {each.tokens for each in free if balanced(each.tokens)}


def balanced(tokens: tuple[int, ...]) -> bool:
    depths = [tokens[:end].count(4) - tokens[:end].count(5) for end in range(len(tokens) + 1)]
    return min(depths) == depths[-1] == 0


@pytest.mark.parametrize("search", [BeamSearch(), Sampling(seed=3)])
@pytest.mark.parametrize("most", [0, 1, 2, 5])
def test_one_beam_never_walks_into_a_dead_end(most: int, search: SearchKind) -> None:
    for seed in range(8):
        table = Table(seed)
        table.logits[..., 4] += 6  # it would open and open, were there room
        bracketed = answer(Search(table), [ask(0, max_length=most, constraints=(Brackets(),), search=search)])[0]
        assert balanced(bracketed.tokens)
        known = [[4, 4, 4, 4], [4, 3], [3]]
        if most:
            chosen = answer(Search(table), [ask(0, max_length=most, constraints=(Trie(known),), search=search)])[0]
            assert list(chosen.tokens) in known


def test_draws_that_are_rejected_leave_the_others_as_likely_as_they_were() -> None:
    draws, table = 2000, Table(5, sharpness=1.0)
    request = ask(0, beams=draws, nbest=draws, max_length=1, constraints=(Brackets(),), search=Sampling(seed=1))
    first = answer(Search(table), [request])[0]
    counts = Counter(each.tokens for each in (first, *first.alternatives))
    likely = {plain.tokens: math.exp(plain.logps[0]) for plain in every_answer(table, request)}
    assert set(counts) == set(likely) == {(), (3,)}
    assert counts[()] / draws == pytest.approx(likely[()] / sum(likely.values()), abs=0.03)


def test_a_narrowed_request_reports_the_models_own_log_probabilities() -> None:
    table = Table()
    request = ask(0, constraints=(ForcedPrefix([4, 5]),))
    given = answer(Search(table), [request])[0]
    own = [table.after(request.source, given.tokens[:place]) for place in range(len(given.tokens) + 1)]
    assert given.token_logps == pytest.approx(
        [logps[token] for logps, token in zip(own, (*given.tokens, 2), strict=True)], abs=1e-5
    )


def test_a_shortlist_maps_columns_to_tokens() -> None:
    table = Table(size=9, shortlist=[7, 2, 4, 1])
    for constraints in [(), (AllowedSet([4, 8]),), (ForcedPrefix([7]),), (Brackets(),)]:
        request = ask(0, beams=50, nbest=50, max_length=4, constraints=constraints)
        first = answer(Search(table), [request])[0]
        expected = every_answer(table, request)
        assert [each.tokens for each in (first, *first.alternatives)] == [each.tokens for each in expected]


def test_a_shortlist_without_the_end_is_an_error() -> None:
    with pytest.raises(DecodingError, match="shortlist must have the end"):
        run(Search(Table(shortlist=[3, 4])), [ask(0)])

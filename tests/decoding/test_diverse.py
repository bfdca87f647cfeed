"""Diverse beam search: groups that avoid each other, and that are beam search where there is one."""

from __future__ import annotations

import math

import pytest

from seqloom.decoding.constraints.trie import Trie
from seqloom.decoding.request import Answer, DiverseBeam, LengthPenalty, Request, answer
from seqloom.decoding.search import Search

from .tables import EOS, Table, ask, may_follow, run
from .test_search import PENALTIES


def best(table: Table, **choices: object) -> list[Answer]:
    first = answer(Search(table), [ask(0, **choices)])[0]
    return [first, *first.alternatives]


def diverse(table: Table, request: Request) -> list[list[tuple[float, tuple[int, ...]]]]:
    """Vijayakumar et al. 2018, algorithm 1, with lists: the (score, tokens) of each group, best first."""
    search = request.search
    assert isinstance(search, DiverseBeam)
    width, groups = request.beams // search.groups, range(search.groups)
    alive: list[list[tuple[float, tuple[int, ...]]]] = [[(0.0, ())] for _ in groups]
    found: list[list[tuple[float, tuple[int, ...]]]] = [[] for _ in groups]
    for _ in range(request.max_length + 1):
        taken: list[int] = []
        for group in groups:
            longer = [
                (total + logp - search.strength * taken.count(token), total + logp, (*tokens, token))
                for total, tokens in alive[group]
                for token, logp in table.after(request.source, tokens).items()
                if may_follow(request, request.max_length, tokens, token)
            ]
            longer.sort(key=lambda each: -each[0])
            alive[group] = []
            for _, total, tokens in longer[:width]:
                if tokens[-1] == EOS:
                    found[group].append((total / request.length_penalty(len(tokens)), tokens[:-1]))
                else:
                    alive[group].append((total, tokens))
            taken += [tokens[-1] for _, _, tokens in longer[:width]]
    return [sorted(each, reverse=True) for each in found]


@pytest.mark.parametrize(("beams", "groups"), [(3, 3), (4, 2), (6, 2), (6, 3)])
@pytest.mark.parametrize("strength", [0.0, 0.5, 3.0])
def test_it_is_the_papers(beams: int, groups: int, strength: float) -> None:
    for seed in range(6):
        table = Table(seed, sharpness=1.0)
        request = ask(0, beams=beams, nbest=beams, search=DiverseBeam(groups=groups, strength=strength))
        plain = diverse(table, request)
        expected = {tokens: score for group in plain for score, tokens in group[: beams // groups]}
        first = answer(Search(table), [request])[0]
        given = [first, *first.alternatives]
        assert {each.tokens for each in given} == set(expected)
        assert [each.score for each in given] == pytest.approx(sorted(expected.values(), reverse=True), abs=1e-4)


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
def test_one_group_is_beam_search(penalty: LengthPenalty) -> None:
    for seed in range(4):
        choices = {"beams": 4, "nbest": 3, "length_penalty": penalty}
        assert best(Table(seed), **choices) == best(Table(seed), search=DiverseBeam(groups=1), **choices)


def test_the_n_best_differ_more_than_a_beams() -> None:
    firsts: dict[object, int] = {}
    for search in (None, DiverseBeam(groups=4, strength=0.0), DiverseBeam(groups=4, strength=2.0)):
        for seed in range(20):
            given = best(Table(seed, size=12), beams=4, nbest=4, min_length=2, **({"search": search} if search else {}))
            firsts[search] = firsts.get(search, 0) + len({each.tokens[0] for each in given})
    beam, same, apart = firsts.values()
    assert same == 20, "without a penalty all groups say the same"
    assert apart > 1.4 * beam


def test_few_answers_are_the_best_of_many_groups() -> None:
    for seed in range(6):
        table = Table(seed, sharpness=1.0)
        search = DiverseBeam(groups=3, strength=2.0)
        plain = diverse(table, ask(0, beams=6, search=search))
        given = best(table, beams=6, nbest=3, search=search)
        assert len(given) == 3
        assert {group[0][1] for group in plain} <= {each.tokens for each in given}
        [first] = best(table, beams=6, nbest=1, search=search)
        assert first.tokens == given[0].tokens
        assert first.score == pytest.approx(max(group[0][0] for group in plain), abs=1e-5)


def test_log_probabilities_are_the_models_own() -> None:
    table = Table(3)
    for each in best(table, beams=4, nbest=4, search=DiverseBeam(groups=4, strength=5.0)):
        own = [table.after(ask(0).source, each.tokens[:place]) for place in range(len(each.tokens) + 1)]
        logps = [logps[token] for logps, token in zip(own, (*each.tokens, EOS), strict=True)]
        assert each.token_logps == pytest.approx(logps, abs=1e-5)
        assert each.logp == pytest.approx(math.fsum(logps), abs=1e-4)


def test_constraints_hold_in_every_group() -> None:
    allowed = [(4, 4), (4, 5), (3,), (5, 3)]
    given = best(Table(2), beams=4, nbest=4, search=DiverseBeam(groups=4, strength=9.0), constraints=(Trie(allowed),))
    assert {each.tokens for each in given} <= set(allowed)
    assert len(given) >= 3


@pytest.mark.parametrize(
    ("beams", "search", "said"),
    [
        (4, DiverseBeam(groups=3), "`beams` must be a multiple of `search.groups`, 3, but is 4"),
        (4, DiverseBeam(groups=0), "`search.groups` must be at least 1"),
        (4, DiverseBeam(groups=2, strength=-1.0), "`search.strength` must be at least 0"),
    ],
)
def test_what_is_impossible_is_refused_alone(beams: int, search: DiverseBeam, said: str) -> None:
    outcome = run(Search(Table()), [ask(0, beams=beams, search=search), ask(1)])
    assert said in outcome.failed[0]
    assert list(outcome.finished) == [1]

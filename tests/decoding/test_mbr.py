"""Minimum Bayes risk by hand, and where it finds what the mode hides."""

from __future__ import annotations

import math

import pytest

from seqloom.core.errors import DecodingError
from seqloom.decoding.mbr import by_probability, expected_utility, utilities
from seqloom.decoding.request import BeamSearch, MbrSearch, Request, Sampling, answer
from seqloom.decoding.search import Search

from .tables import EOS, Table, ask, run


def overlap(one: tuple[int, ...], two: tuple[int, ...]) -> float:
    return len(set(one) & set(two)) / max(len(set(one) | set(two)), 1)


def test_the_expectation_is_a_weighted_mean() -> None:
    table = [[1.0, 0.0, 0.5], [0.2, 0.4, 0.0]]
    assert expected_utility(table) == pytest.approx([0.5, 0.2])
    assert expected_utility(table, weights=[1, 2, 1]) == pytest.approx([0.375, 0.25])
    assert by_probability([math.log(0.2), math.log(0.6)]) == pytest.approx([0.25, 0.75])
    assert by_probability([-2000.0, -2000.0]) == pytest.approx([0.5, 0.5])


def test_equal_pairs_are_compared_once_and_directions_differ() -> None:
    asked = []

    def utility(candidate: str, reference: str) -> float:
        asked.append((candidate, reference))
        return float(len(candidate)) - len(reference) / 10

    table = utilities(["aa", "b", "aa"], ["b", "b", "ccc"], utility)
    assert table == [[1.9, 1.9, 1.7], [0.9, 0.9, 0.7], [1.9, 1.9, 1.7]]
    assert len(asked) == 4


def split_vote() -> Table:
    """The empty answer is the likeliest one; most of the probability is with long answers that are much alike."""
    table = Table(keys=1, size=8)
    table.logits[:] = -30
    table.logits[0, :, 1, EOS] = math.log(0.3)
    table.logits[0, :, 1, 3] = math.log(0.7)
    for last in (3, 4):
        table.logits[0, :, last, [4, 5, 6, 7]] = math.log(0.25)
    for last in (5, 6, 7):
        table.logits[0, :, last, EOS] = 5
    return table


def test_it_finds_what_most_draws_agree_on() -> None:
    table = split_vote()
    first = answer(Search(table), [ask(0, beams=60, nbest=60, search=MbrSearch(samples=60).sampling)])[0]
    draws = [first.tokens, *(each.tokens for each in first.alternatives)]
    expected = expected_utility(utilities(draws, draws, overlap))
    chosen = draws[max(range(len(draws)), key=expected.__getitem__)]
    mode = answer(Search(table), [ask(0, beams=20)])[0].tokens
    assert mode == ()
    assert 3 in chosen


@pytest.mark.parametrize(
    ("table", "weights", "said"),
    [
        ([[]], None, "at least one"),
        ([[1.0], [1.0, 2.0]], None, "the same references"),
        ([[1.0, 2.0]], [1.0], "`weights` must be 2 numbers"),
        ([[1.0, 2.0]], [0.0, 0.0], "not all 0"),
        ([[1.0, 2.0]], [math.nan, 1.0], "of at least 0"),
    ],
)
def test_tables_that_make_no_sense_are_an_error(
    table: list[list[float]], weights: list[float] | None, said: str
) -> None:
    with pytest.raises(DecodingError, match=said):
        expected_utility(table, weights=weights)


def test_an_engine_refuses_it_and_says_what_to_do() -> None:
    outcome = run(Search(Table()), [ask(0, search=MbrSearch()), ask(1)])
    assert 'is "mbr", which chooses among answers' in outcome.failed[0]
    assert list(outcome.finished) == [1]
    assert MbrSearch(seed=3, temperature=0.5, top_p=0.9).sampling == Sampling(seed=3, temperature=0.5, top_p=0.9)
    assert isinstance(Request(id=0, source=ask(0).source).search, BeamSearch)

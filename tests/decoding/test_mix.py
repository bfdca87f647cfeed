"""Ensembles."""

from __future__ import annotations

import math

import pytest

from seqloom.core.errors import DecodingError
from seqloom.decoding.mix import LogLinear, Mean
from seqloom.decoding.request import Pair, answer
from seqloom.decoding.search import Search

from .tables import EOS, Table, ask, run, source


@pytest.mark.parametrize("mix", [Mean([Table(1), Table(1)]), LogLinear([Table(1), Table(1)], [0.3, 0.7])])
def test_equal_members_are_as_one(mix: Mean | LogLinear) -> None:
    requests = [ask(id, id + 3, beams=id % 2 + 2, nbest=2, attention=id > 3) for id in range(6)]
    alone = answer(Search(Table(1)), requests)
    together = run(Search(mix, max_rows=9), requests, [0, 0, 1, 2, 3, 4])
    for request, one in zip(requests, alone, strict=True):
        other = together.finished[request.id].answer
        assert [each.tokens for each in (one, *one.alternatives)] == [
            each.tokens for each in (other, *other.alternatives)
        ]
        assert one.token_logps == pytest.approx(other.token_logps, abs=1e-5)
        assert (one.attention is None) == (other.attention is None)


def test_mixes_follow_their_equations() -> None:
    tables = Table(1), Table(2, longest=7, joins=False)
    pair = Pair(source=source(3, 4), target=[4, 3])
    steps = [[table.after(pair.source, prefix) for table in tables] for prefix in ((), (4,), (4, 3))]
    mean = [math.log((math.exp(a[t]) + math.exp(b[t])) / 2) for (a, b), t in zip(steps, (4, 3, EOS), strict=True)]
    assert Search(Mean(tables)).score([pair])[0].token_logps == pytest.approx(mean, abs=1e-5)
    product = [
        a[t] + 0.5 * b[t] - math.log(sum(math.exp(a[each] + 0.5 * b[each]) for each in a))
        for (a, b), t in zip(steps, (4, 3, EOS), strict=True)
    ]
    mixed = LogLinear(tables, [1.0, 0.5])
    assert Search(mixed).score([pair])[0].token_logps == pytest.approx(product, abs=1e-5)
    assert (mixed.longest, mixed.joins) == (7, False)


def test_a_member_without_a_copy_head_knows_no_own_words() -> None:
    pair = Pair(source=source(3, copy=[6]), target=[6])
    both = Search(Mean([Table(copies=True), Table()])).score([pair])[0].token_logps[0]
    alone = Search(Table(copies=True)).score([pair])[0].token_logps[0]
    assert both == pytest.approx(alone - math.log(2), abs=1e-5)


def test_attention_comes_from_those_that_have_it() -> None:
    mixed = answer(Search(Mean([Table(1, attends=False), Table(1)])), [ask(0, 3, 4, attention=True)])[0]
    assert mixed.attention == answer(Search(Table(1)), [ask(0, 3, 4, attention=True)])[0].attention


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Mean([]), "at least one member"),
        (lambda: Mean([Table(), Table(size=7)]), "must have one vocabulary"),
        (lambda: LogLinear([Table(), Table()], [1.0]), "one for each of 2 members, but are 1"),
        (lambda: LogLinear([Table(), Table()], [1.0, 0.0]), "`weights` must be above 0"),
        (lambda: answer(Search(Mean([Table(), Table(shortlist=[2, 4])])), [ask(0)]), "must give the whole vocabulary"),
    ],
)
def test_an_impossible_mix_is_an_error(make: object, said: str) -> None:
    with pytest.raises(DecodingError, match=said):
        make()  # type: ignore[operator]

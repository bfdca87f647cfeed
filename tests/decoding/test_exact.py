"""Exact search against exhaustive search, and what it says when it is cut short."""

from __future__ import annotations

import pytest
import torch

from seqloom.decoding.constraints.basic import ForcedPrefix
from seqloom.decoding.constraints.trie import Trie
from seqloom.decoding.mix import Mean
from seqloom.decoding.request import ExactSearch, LengthPenalty, answer
from seqloom.decoding.search import Search

from .tables import EOS, Table, ask, every_answer, run
from .test_search import PENALTIES, assert_same
from .test_viterbi import late_reward

CONSTRAINTS = {"none": (), "prefix": (ForcedPrefix([4]),), "trie": (Trie([[4, 4, 5], [3], [5, 3]]),)}


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize("width", [1, 3])
def test_it_finds_what_exhaustive_search_finds(penalty: LengthPenalty, width: int) -> None:
    for seed in range(3):
        table = Table(seed, sharpness=1.0)
        request = ask(0, nbest=3, max_length=4, search=ExactSearch(width=width), length_penalty=penalty)
        given = answer(Search(table), [request])[0]
        assert given.proven is True
        assert_same(given, every_answer(table, request)[:3])


@pytest.mark.parametrize("kind", CONSTRAINTS)
@pytest.mark.parametrize("joins", [True, False])
def test_sources_at_different_depths_go_together(kind: str, joins: bool) -> None:
    table = Table(4, sharpness=1.0, joins=joins)
    asked = [
        ask(id, *[3 + id % 4] * (1 + id % 3), max_length=3 + id % 3, min_length=id % 2, constraints=CONSTRAINTS[kind])
        for id in range(7)
    ]
    exact = [ask(**{**vars(each), "search": ExactSearch(width=2)}) for each in asked]  # type: ignore[arg-type]
    outcome = run(Search(table, max_rows=6), exact, [0, 0, 1, 2, 2, 5, 9])
    for request in exact:
        assert_same(outcome.finished[request.id].answer, every_answer(table, request)[:1])


def test_branches_that_cannot_win_are_not_read() -> None:
    read = []

    class Counting(Table):
        def step(self, tokens_N, state):  # type: ignore[no-untyped-def]
            read.append(len(tokens_N))
            return super().step(tokens_N, state)

    table = Counting(0, sharpness=3.0)
    request = ask(0, max_length=9, search=ExactSearch(width=1), length_penalty=LengthPenalty(kind="none"))
    assert answer(Search(table), [request])[0].proven
    num_all = sum(4**length for length in range(10))
    assert sum(read) < num_all / 1000


def test_it_finds_what_a_beam_gives_up() -> None:
    table = late_reward()
    choices = {"max_length": 4, "min_length": 2, "length_penalty": LengthPenalty(kind="none")}
    beam, exact = ask(0, beams=2, **choices), ask(0, search=ExactSearch(), **choices)
    assert answer(Search(table), [beam])[0].score < answer(Search(table), [exact])[0].score - 1


def test_it_works_over_a_mix() -> None:
    mix = Mean([Table(1, sharpness=1.0), Table(2, sharpness=1.0)])
    wide, exact = ask(0, beams=1000), ask(0, search=ExactSearch())
    assert answer(Search(mix), [wide])[0].tokens == answer(Search(mix), [exact])[0].tokens


def test_cut_short_it_says_that_nothing_is_proven() -> None:
    table = Table(0, sharpness=0.1)
    mean = LengthPenalty(kind="average")
    free = ask(0, max_length=6, search=ExactSearch(width=2, most=40), length_penalty=mean)
    found = answer(Search(table), [free])[0]
    assert found.proven is False
    whole = answer(Search(table), [ask(0, max_length=6, search=ExactSearch(most=10**6), length_penalty=mean)])[0]
    assert whole.proven is True
    assert whole.score >= found.score
    late = ask(1, max_length=9, min_length=9, search=ExactSearch(width=1, most=5))
    outcome = run(Search(table), [late, free])
    assert "within `search.most`, 5 beginnings" in outcome.failed[1]
    assert list(outcome.finished) == [0]
    assert answer(Search(table), [ask(0)])[0].proven is None


def test_a_step_of_the_engine_reads_no_more_than_the_width() -> None:
    table = Table(0, sharpness=0.1)
    engine = Search(table, max_rows=16)
    mean = LengthPenalty(kind="average")
    engine.admit([ask("exact", max_length=9, search=ExactSearch(), length_penalty=mean), ask("beam", beams=2)])
    seen = []
    for _ in range(8):
        seen += [event.id for event in engine.step()]
    assert seen == ["beam"], "the others go on"
    engine.cancel(["exact"])
    assert engine.step() == []


def test_attention_and_coverage_are_those_of_the_answer() -> None:
    table = Table(2, sharpness=1.0)
    for penalty in (0.0, 0.7):
        wide = ask(0, 3, 4, 5, beams=500, max_length=4, attention=True, coverage_penalty=penalty)
        exact = ask(0, 3, 4, 5, max_length=4, attention=True, coverage_penalty=penalty, search=ExactSearch())
        beside = ask(1, 3, 4, 5, 5, 5, max_length=4, attention=True, search=ExactSearch())
        first, found = answer(Search(table), [wide])[0], answer(Search(table), [beside, exact])[1]
        assert found.tokens == first.tokens
        assert found.score == pytest.approx(first.score, abs=1e-5)
        torch.testing.assert_close(torch.tensor(found.attention), torch.tensor(first.attention))
    outcome = run(Search(Table(attends=False)), [ask(0, search=ExactSearch(), attention=True), ask(1)])
    assert "the model must give attention" in outcome.failed[0]


def test_nan_and_no_answer_fail_alone() -> None:
    table = Table(keys=2)
    table.logits[1, :, 3, EOS] = float("nan")
    table.logits[1, :, 4, EOS] = float("nan")
    table.logits[1, :, 5, EOS] = float("nan")
    asked = [ask(id, 4 + id, min_length=2, search=ExactSearch()) for id in range(2)]
    asked.append(ask(2, 4, search=ExactSearch(), constraints=(Trie([[4]]), Trie([[5]]))))
    outcome = run(Search(table), asked)
    assert list(outcome.finished) == [0]
    assert "is NaN" in outcome.failed[1]
    assert "an answer must exist" in outcome.failed[2]


def test_own_words_and_shortlists() -> None:
    table = Table(size=9, shortlist=[7, 2, 4, 1])
    request = ask(0, max_length=4, nbest=4, search=ExactSearch(width=3))
    assert_same(answer(Search(table), [request])[0], every_answer(table, request)[:4])


@pytest.mark.parametrize(("choices", "said"), [({"most": 0}, "`search.most`"), ({"width": 0}, "`search.width`")])
def test_impossible_numbers_are_refused(choices: dict[str, int], said: str) -> None:
    assert said in str(Search(Table()).refuses(ask(0, search=ExactSearch(**choices))))

"""Greedy and beam search against slow, plain ones; alone, together, and joined at different times."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as some

from seqloom.core.errors import DecodingError
from seqloom.decoding.constraints.basic import AllowedSet, ForcedPrefix
from seqloom.decoding.constraints.trie import Trie
from seqloom.decoding.request import (
    Answer,
    BeamSearch,
    DiverseBeam,
    ExactSearch,
    LengthPenalty,
    Request,
    Sampling,
    SearchKind,
    StochasticBeam,
    Viterbi,
    answer,
)
from seqloom.decoding.search import Search

from .tables import EOS, Past, Plain, Table, ask, beam_search, every_answer, greedy, run

PENALTIES = [
    LengthPenalty(kind=kind, alpha=alpha) for kind in ("wu", "average") for alpha in (-1.5, -0.5, 0.0, 0.6, 1.0, 2.0)
] + [LengthPenalty(kind="none")]


def assert_same(given: Answer, expected: list[Plain]) -> None:
    answers = [given, *given.alternatives]
    assert [each.tokens for each in answers] == [each.tokens for each in expected]
    for each, plain in zip(answers, expected, strict=True):
        assert each.score == pytest.approx(plain.score, abs=1e-4)
        assert each.logp == pytest.approx(math.fsum(plain.logps), abs=1e-4)
        assert each.token_logps == pytest.approx(plain.logps, abs=1e-4)


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_beam_wide_enough_finds_what_exhaustive_search_finds(penalty: LengthPenalty, seed: int) -> None:
    table = Table(seed)
    request = ask(0, beams=256, nbest=40, max_length=4, length_penalty=penalty)
    assert_same(answer(Search(table), [request])[0], every_answer(table, request)[:40])


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize("beams", [2, 3, 5])
def test_a_narrow_beam_is_the_textbooks_that_never_stops_early(penalty: LengthPenalty, beams: int) -> None:
    for seed in range(6):
        table = Table(seed)
        request = ask(0, beams=beams, nbest=beams, max_length=6, length_penalty=penalty)
        assert_same(answer(Search(table), [request])[0], beam_search(table, request))


def test_one_beam_is_greedy_search() -> None:
    for seed in range(20):
        table = Table(seed, sharpness=1.0)
        request = ask(0, seed, max_length=8)
        assert answer(Search(table), [request])[0].tokens == greedy(table, request)


def garden_path() -> Table:
    """Ending at once looks best; the best answer by mean log-probability is long and only then certain."""
    table = Table(keys=1)
    table.logits[:] = -30
    table.logits[0, :, 1, EOS] = math.log(0.6)
    table.logits[0, :, 1, 4] = math.log(0.25)
    table.logits[0, :, 1, 3] = math.log(0.15)
    table.logits[0, :, 4, 5] = 0
    table.logits[0, :, 5, 5] = 0
    table.logits[0, 5, 5, EOS] = 5
    return table


def test_it_goes_on_while_a_better_answer_is_possible() -> None:
    # After a step: log 0.6 / 1 for the empty answer, log 0.25 / 2 for one that ended next, but log 0.25 / 4 in the end.
    request = ask(0, beams=2, length_penalty=LengthPenalty(kind="average"))
    assert answer(Search(garden_path()), [request])[0].tokens == (4, 5, 5)


def test_it_stops_as_soon_as_none_is() -> None:
    table = garden_path()
    first = answer(Search(table), [ask(0, beams=2, max_length=50, length_penalty=LengthPenalty(kind="none"))])[0]
    assert first.tokens == ()
    assert table.steps == 1


def test_a_penalty_on_length_turns_the_bound_around() -> None:
    table = garden_path()
    request = ask(0, beams=2, max_length=50, length_penalty=LengthPenalty(kind="average", alpha=-1.0))
    assert answer(Search(table), [request])[0].tokens == ()
    assert table.steps == 1


def test_the_n_best_are_ordered_and_distinct() -> None:
    for seed in range(10):
        first = answer(Search(Table(seed)), [ask(0, beams=8, nbest=8, max_length=6)])[0]
        answers = [first, *first.alternatives]
        assert len({each.tokens for each in answers}) == len(answers) == 8
        assert [each.score for each in answers] == sorted((each.score for each in answers), reverse=True)
        assert all(each.alternatives == () for each in first.alternatives)


def test_fewer_answers_than_asked_for_are_all_returned() -> None:
    first = answer(Search(Table()), [ask(0, beams=4, nbest=4, constraints=(Trie([[4], [4, 5]]),))])[0]
    assert {each.tokens for each in (first, *first.alternatives)} == {(4,), (4, 5)}


@pytest.mark.parametrize("beams", [1, 4])
def test_lengths_are_kept(beams: int) -> None:
    for least, most in [(0, 0), (0, 1), (2, 2), (3, 7)]:
        for seed in range(5):
            request = ask(0, beams=beams, nbest=beams, min_length=least, max_length=most)
            first = answer(Search(Table(seed)), [request])[0]
            assert all(least <= len(each.tokens) <= most for each in (first, *first.alternatives))
            assert all(len(each.token_logps) == len(each.tokens) + 1 for each in (first, *first.alternatives))


def test_the_steps_that_a_model_can_take_are_a_limit() -> None:
    table = Table(longest=4)
    table.logits[..., EOS] = -50
    assert len(answer(Search(table), [ask(0, max_length=9)])[0].tokens) == 3
    assert table.steps == 4


def test_padding_and_beginning_are_never_said() -> None:
    table = Table()
    table.logits[..., 1] = 50
    first = answer(Search(table), [ask(0, beams=4, nbest=4)])[0]
    assert all(1 not in each.tokens and 0 not in each.tokens for each in (first, *first.alternatives))


# ---- together as alone -----------------------------------------------------------------------------------------------

constraints = some.one_of(
    some.just(()),
    some.lists(some.integers(3, 5), max_size=2).map(lambda tokens: (ForcedPrefix(tokens),)),
    some.sets(some.integers(3, 5), min_size=1).map(lambda ids: (AllowedSet(ids),)),
    some.lists(some.lists(some.integers(3, 5), max_size=3), min_size=1, max_size=4).map(lambda all: (Trie(all),)),
    some.tuples(some.integers(3, 5), some.sets(some.integers(3, 5), min_size=1)).map(
        lambda pair: (ForcedPrefix([pair[0]]), AllowedSet(pair[1] | {pair[0]}))
    ),
)


@some.composite
def requests(draw: some.DrawFn, id: object) -> Request:
    beams = draw(some.integers(1, 4))
    max_length = draw(some.integers(3, 7))
    return ask(
        id,
        *draw(some.lists(some.integers(3, 9), min_size=1, max_size=4)),
        beams=beams,
        nbest=draw(some.integers(1, beams)),
        search=draw(
            some.just(BeamSearch())
            | some.builds(Sampling, seed=some.integers(0, 99), top_k=some.none() | some.just(2))
            | some.builds(DiverseBeam, groups=some.just(beams), strength=some.sampled_from([0.0, 0.5, 2.0]))
            | some.builds(StochasticBeam, seed=some.integers(0, 99), temperature=some.sampled_from([0.7, 1.0]))
            | some.just(Viterbi())
            | some.builds(ExactSearch, width=some.integers(1, 4), most=some.sampled_from([5, 10_000]))
        ),
        length_penalty=draw(some.sampled_from(PENALTIES)),
        max_length=max_length,
        min_length=draw(some.integers(0, 2)),
        constraints=draw(constraints),
        stream=draw(some.booleans()),
        attention=draw(some.booleans()),
    )


@some.composite
def schedules(draw: some.DrawFn) -> tuple[list[Request], list[int]]:
    number = draw(some.integers(1, 12))
    return [draw(requests(id)) for id in range(number)], [draw(some.integers(0, 9)) for _ in range(number)]


@given(
    schedule=schedules(),
    max_rows=some.integers(1, 40),
    joins=some.booleans(),
    order=some.sampled_from([None, 1]),
    seed=some.integers(0, 50),
)
@effort(max_examples=60, deadline=None)
def test_together_is_as_alone(
    schedule: tuple[list[Request], list[int]], max_rows: int, joins: bool, order: int | None, seed: int
) -> None:
    table = Table(seed, joins=joins, order=order)
    asked, admit_at = schedule
    together = run(Search(table, max_rows=max_rows), asked, admit_at)
    for request in asked:
        alone = run(Search(Table(seed, order=order)), [request])
        assert together.failed.get(request.id) == alone.failed.get(request.id)
        if request.id in alone.finished:
            one, other = together.finished[request.id].answer, alone.finished[request.id].answer
            for a, b in zip((one, *one.alternatives), (other, *other.alternatives), strict=True):
                assert a.tokens == b.tokens
                assert a.token_logps == pytest.approx(b.token_logps, abs=1e-5)
                assert (a.attention is None) == (b.attention is None)
                if a.attention is not None and b.attention is not None:
                    torch.testing.assert_close(torch.tensor(a.attention), torch.tensor(b.attention))
        if request.search == BeamSearch():
            expected = beam_search(table, request)
            assert bool(expected) == (request.id in together.finished)
            if expected:
                assert_same(together.finished[request.id].answer, expected)
        if request.stream and request.id in together.finished:
            said = sum(together.pieces.get(request.id, []), ())
            assert said == together.finished[request.id].answer.tokens


def test_narrow_requests_in_a_wide_batch_keep_their_width() -> None:
    for seed in range(10):
        asked = [ask(beams, beams=beams, nbest=beams, max_length=6) for beams in (4, 3, 2, 1)]
        table = Table(seed, sharpness=1.0)
        outcome = run(Search(table), asked)
        for request in asked:
            assert_same(outcome.finished[request.id].answer, beam_search(table, request))


def test_every_source_takes_its_own_steps_only_and_leaves_when_finished() -> None:
    rows: list[int] = []

    class Counting(Table):
        def step(self, tokens_N, state):  # type: ignore[no-untyped-def]
            rows.append(len(tokens_N))
            return super().step(tokens_N, state)

    table = Counting(joins=True)
    table.logits[..., EOS] = -50
    run(Search(table, max_rows=2), [ask(0, max_length=1), ask(1, max_length=4), ask(2, max_length=2)])
    assert rows == [2, 2, 2, 2, 2]
    rows.clear()
    table.joins = False
    run(Search(table, max_rows=2), [ask(0, max_length=1), ask(1, max_length=4), ask(2, max_length=2)])
    assert rows == [2, 2, 1, 1, 1, 1, 1, 1]


def test_those_who_are_finished_leave_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """To leave costs a copy of all that stays, so a quarter of a batch leaves at once; nobody is asked twice."""
    selected: list[int] = []
    whole = Past.select

    def select(self, rows_B):  # type: ignore[no-untyped-def]
        selected.append(len(rows_B))
        return whole(self, rows_B)

    monkeypatch.setattr(Past, "select", select, raising=False)
    asked = [ask(number, 3 + number % 5, max_length=1 + number % 16, beams=2) for number in range(16)]
    table = Table(joins=True)
    table.logits[..., EOS] = -50
    outcome = run(Search(table, max_rows=99), asked)
    assert selected == [12, 9, 6, 4, 3, 2, 1]
    for request in asked:
        assert_same(outcome.finished[request.id].answer, beam_search(table, request))


def test_no_cache_is_gathered_where_nothing_changes_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Past, "reorder", None, raising=False)
    run(Search(Table()), [ask(0), ask(1), ask(2, beams=3, search=Sampling(seed=0))])
    with pytest.raises(TypeError):
        run(Search(Table()), [ask(0, beams=2, min_length=1)])


def test_nobody_starves() -> None:
    table = Table()
    engine = Search(table, max_rows=2)
    engine.admit([ask("wide", beams=5)])
    for number in range(100):
        engine.admit([ask(number), ask(-1 - number)])
        if any(getattr(event, "id", None) == "wide" for event in engine.step()):
            return
    raise AssertionError("the wide request never ran")


# ---- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"beams": 0}, "`beams` must be at least 1, but is 0"),
        ({"nbest": 0}, "`nbest` must be at least 1"),
        ({"nbest": 2}, "`nbest` must be at most `beams`, 1, but is 2"),
        ({"max_length": -1}, "`max_length` must be at least 0"),
        ({"min_length": -1}, "`min_length` must be at least 0"),
        ({"min_length": 6}, "`min_length` must be at most `max_length`, 5, but is 6"),
        ({"max_length": 99, "min_length": 20}, "`min_length` must be at most the longest answer of this model, 9"),
        ({"coverage_penalty": -1.0}, "`coverage_penalty` must be at least 0"),
        ({"length_penalty": LengthPenalty(alpha=math.nan)}, "`length_penalty.alpha` must"),
        ({"length_penalty": LengthPenalty(alpha=1e9)}, "`length_penalty.alpha` must"),
        ({"constraints": (ForcedPrefix([3] * 6),)}, "`constraints` must fit into `max_length`, 5 tokens, but need 6"),
        ({"search": Sampling(seed=0, temperature=0)}, "greedy"),
        ({"search": Sampling(seed=0, temperature=-1)}, "`temperature` must be above 0"),
        ({"search": Sampling(seed=0, top_k=0)}, "`top_k` must be at least 1"),
        ({"search": Sampling(seed=0, top_p=0)}, "`top_p` must be above 0 and at most 1, but is 0"),
        ({"search": Sampling(seed=0, min_p=1.5)}, "`min_p` must be above 0 and at most 1, but is 1.5"),
        ({"search": Sampling(seed=2**70)}, "`seed` must fit into 64 bits"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_impossible_request_is_refused_in_one_line(choices: dict[str, object], said: str) -> None:
    engine = Search(Table(longest=10))
    line = engine.refuses(ask(0, **choices))
    assert line is not None
    assert said in line
    assert "\n" not in line
    outcome = run(engine, [ask(0, **choices), ask(1)])
    assert outcome.failed == {0: line}
    assert list(outcome.finished) == [1]
    with pytest.raises(DecodingError, match="must"):
        answer(engine, [ask(1), ask(0, **choices)])
    assert run(engine, [ask(1)]).finished, "the engine is free again"


def test_an_empty_source_is_refused() -> None:
    request = Request(id=0, source=ask(0).source.__class__(parts={"text": []}))
    assert "empty" in str(Search(Table()).refuses(request))


def test_an_id_is_used_once_at_a_time() -> None:
    engine = Search(Table())
    engine.admit([ask(0)])
    assert "`id` must be new" in str(engine.refuses(ask(0)))
    run(engine, [])
    while engine.refuses(ask(0)):
        engine.step()


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("search", [BeamSearch(), Sampling(seed=1), Sampling(seed=1, top_p=0.9)])
def test_nan_fails_its_row_and_leaves_the_others(beams: int, search: SearchKind) -> None:
    table = Table(keys=2)
    table.logits[1, :, 4:, :] = math.nan
    table.logits[1, :, 3, :] = math.nan
    table.logits[..., EOS] = -50
    outcome = run(Search(table), [ask(id, id + 2, beams=beams, search=search) for id in range(4)])
    assert sorted(outcome.finished) == [0, 2]
    assert sorted(outcome.failed) == [1, 3]
    assert "must be numbers, but one for token 2 is NaN" in outcome.failed[1]


def test_a_row_without_any_answer_fails_alone() -> None:
    never = AllowedSet([4]), Trie([[5]])
    outcome = run(Search(Table()), [ask(0), ask(1, constraints=never), ask(2, beams=3, constraints=never), ask(3)])
    assert sorted(outcome.finished) == [0, 3]
    assert "an answer must exist" in outcome.failed[1]
    assert "an answer must exist" in outcome.failed[2]


def test_a_source_that_the_model_cannot_read_fails_alone() -> None:
    class Picky(Table):
        def start(self, source, *, beams, attention=False):  # type: ignore[no-untyped-def]
            if source.parts["text"].values.shape[1] > 3:
                raise DecodingError("`source` must have at most 3 tokens.")
            return super().start(source, beams=beams, attention=attention)

    outcome = run(Search(Picky()), [ask(id, *[4] * (id + 1)) for id in range(5)])
    assert sorted(outcome.finished) == [0, 1, 2]
    assert outcome.failed == {3: "`source` must have at most 3 tokens.", 4: "`source` must have at most 3 tokens."}


def test_cancelled_requests_are_forgotten() -> None:
    table = Table()
    table.logits[..., EOS] = -50
    engine = Search(table, max_rows=2)
    engine.admit([ask(id, max_length=3) for id in range(4)])
    engine.step()
    engine.cancel([0, 3])
    engine.admit([ask(0, max_length=1)])
    seen = [event.id for _ in range(20) for event in engine.step()]
    assert sorted(seen) == [0, 1, 2]
    engine.cancel(["unheard of"])


def test_the_engine_needs_room() -> None:
    with pytest.raises(DecodingError, match="`max_rows` must be at least 1"):
        Search(Table(), max_rows=0)


def test_the_observer_sees_the_tree() -> None:
    seen = []
    engine = Search(Table(), observer=lambda *step: seen.append(step))
    first = answer(engine, [ask("a", beams=3, max_length=4, min_length=2)])[0]
    trees: list[list[tuple[int, ...]]] = [[(), (), ()]]
    for ids, parents_BK, tokens_BK, totals_BK in seen:
        assert ids == ["a"]
        assert totals_BK.shape == (1, 3)
        trees.append(
            [
                (*trees[-1][parent], token)
                for parent, token in zip(parents_BK[0].tolist(), tokens_BK[0].tolist(), strict=True)
            ]
        )
    assert (*first.tokens, EOS) in [hypothesis for tree in trees for hypothesis in tree]

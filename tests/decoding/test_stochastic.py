"""Stochastic beam search: draws that differ, as frequent as draws without replacement are."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest

from seqloom.decoding.constraints.trie import Trie
from seqloom.decoding.request import Answer, Request, Sampling, StochasticBeam, answer
from seqloom.decoding.search import Search
from seqloom.decoding.stochastic import importance_weights

from .tables import EOS, Table, ask, every_answer, run, source


def drawn(table: Table, request: Request) -> list[Answer]:
    first = answer(Search(table, max_rows=10_000), [request])[0]
    return [first, *first.alternatives]


def shares(table: Table, request: Request, temperature: float = 1.0) -> dict[tuple[int, ...], float]:
    """The probability of each answer where, step by step, what is barred is left out and the rest is tempered."""
    found: dict[tuple[int, ...], float] = {}

    def grow(tokens: tuple[int, ...], share: float) -> None:
        logps = table.after(request.source, tokens)
        may = {t: logps[t] for t in logps if t not in (0, 1) and (t == EOS) >= (len(tokens) == request.max_length)}
        if len(tokens) < request.min_length:
            may.pop(EOS)
        total = sum(math.exp(logp / temperature) for logp in may.values())
        for token, logp in may.items():
            more = share * math.exp(logp / temperature) / total
            if token == EOS:
                found[tokens] = more
            else:
                grow((*tokens, token), more)

    grow((), 1.0)
    return found


def in_turn(share: dict[tuple[int, ...], float], order: tuple[tuple[int, ...], ...]) -> float:
    """The probability of drawing these one after the other without putting them back."""
    left, product = 1.0, 1.0
    for tokens in order:
        product *= share[tokens] / left
        left -= share[tokens]
    return product


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_pairs_are_as_frequent_as_draws_without_replacement(temperature: float) -> None:
    table, num = Table(3, sharpness=1.0), 1500
    request = ask(0, max_length=1)
    share = shares(table, request, temperature)
    asked = [
        ask(seed, beams=2, nbest=2, max_length=1, search=StochasticBeam(seed=seed, temperature=temperature))
        for seed in range(num)
    ]
    counts = Counter(
        (first.tokens, *(each.tokens for each in first.alternatives))
        for first in answer(Search(table, max_rows=4000), asked)
    )
    chi_square = 0.0
    pairs = list(itertools.permutations(share, 2))
    for pair in pairs:
        expected = num * in_turn(share, pair)
        chi_square += (counts[pair] - expected) ** 2 / expected
    assert sum(counts.values()) == sum(counts[pair] for pair in pairs), "no draw twice"
    assert chi_square < 35  # 11 degrees of freedom: 1 in 4000


def test_longer_answers_are_included_as_often_too() -> None:
    """Beginnings that lose against others at a step would be missing here, were their G not the highest of theirs."""
    table, num, width = Table(5, sharpness=1.0), 1000, 3
    request = ask(0, max_length=3)
    share = shares(table, request)
    asked = [ask(seed, beams=width, nbest=width, max_length=3, search=StochasticBeam(seed=seed)) for seed in range(num)]
    counts: Counter[tuple[int, ...]] = Counter()
    for first in answer(Search(table, max_rows=6000), asked):
        each = [first.tokens, *(other.tokens for other in first.alternatives)]
        assert len(set(each)) == width
        counts.update(each)
    likely = sorted(share, key=lambda tokens: -share[tokens])[:12]
    rest = 1 - sum(share.values())
    assert rest == pytest.approx(0, abs=1e-9)
    for tokens in likely:
        p = share[tokens]
        second = sum(share[a] * p / (1 - share[a]) for a in share if a != tokens)
        third = sum(
            share[a] * share[b] / (1 - share[a]) * p / (1 - share[a] - share[b])
            for a, b in itertools.permutations([other for other in share if other != tokens], 2)
        )
        included = p + second + third
        error = math.sqrt(num * included * (1 - included))
        assert abs(counts[tokens] - num * included) < 4.5 * error


def test_an_expectation_is_estimated_without_bias() -> None:
    table, num, width = Table(7, sharpness=1.0), 800, 4
    share = shares(table, ask(0, max_length=3))
    expected = sum(share[tokens] * len(tokens) for tokens in share)
    asked = [
        ask(seed, beams=width + 1, nbest=width + 1, max_length=3, search=StochasticBeam(seed=seed))
        for seed in range(num)
    ]
    weighted, plain = [], []
    for first in answer(Search(table, max_rows=8000), asked):
        given = [first, *first.alternatives]
        weights = importance_weights(given[:width], threshold=given[width].score)
        weighted.append(sum(w * len(each.tokens) for w, each in zip(weights, given, strict=False)))
        plain.append(sum(len(each.tokens) for each in given[:width]) / width)
    mean = sum(weighted) / num
    error = math.sqrt(sum((each - mean) ** 2 for each in weighted)) / num
    assert abs(mean - expected) < 4 * error
    assert abs(sum(plain) / num - expected) > 8 * error, "without the weights it is biased"


def test_all_answers_are_drawn_where_there_are_no_more() -> None:
    table = Table(1)
    request = ask(0, beams=200, nbest=200, max_length=3, search=StochasticBeam(seed=4))
    given = drawn(table, request)
    assert sorted(each.tokens for each in given) == sorted(each.tokens for each in every_answer(table, request))
    assert sum(importance_weights(given, threshold=-math.inf)) == pytest.approx(1, abs=1e-4)


def test_it_reports_its_own_and_the_models_log_probabilities() -> None:
    table = Table(2, sharpness=1.0)
    request = ask(0, beams=6, nbest=6, max_length=3, min_length=1, search=StochasticBeam(seed=2, temperature=1.7))
    share = shares(table, request, 1.7)
    plain = {each.tokens: each for each in every_answer(table, request)}
    given = drawn(table, request)
    assert [each.score for each in given] == sorted((each.score for each in given), reverse=True)
    for each in given:
        assert each.drawn_logp == pytest.approx(math.log(share[each.tokens]), abs=1e-4)
        assert each.token_logps == pytest.approx(plain[each.tokens].logps, abs=1e-4)


def test_draws_with_replacement_repeat_and_these_do_not() -> None:
    """The ablation: sampling says the likeliest answer again and again."""
    table = Table(4, sharpness=3.0)
    again = answer(Search(table), [ask(0, beams=20, nbest=20, max_length=4, search=Sampling(seed=1))])[0]
    once = answer(Search(table), [ask(0, beams=20, nbest=20, max_length=4, search=StochasticBeam(seed=1))])[0]
    assert len({each.tokens for each in (again, *again.alternatives)}) < 10
    assert len({each.tokens for each in (once, *once.alternatives)}) == 20


def test_a_seed_decides_and_company_does_not() -> None:
    table = Table(3, copies=True, sharpness=1.0)
    asked = [
        Request(
            id=id,
            source=source(3, 4, copy=[3, 6 + id % 3]),
            beams=2 + id % 3,
            nbest=2,
            max_length=4,
            search=StochasticBeam(seed=id // 2),
        )
        for id in range(8)
    ]
    together = run(Search(table, max_rows=12), asked, [0, 0, 1, 1, 2, 3, 3, 4])
    seen = set()
    for request in asked:
        alone = drawn(table, request)
        first = together.finished[request.id].answer
        assert [each.tokens for each in alone] == [each.tokens for each in (first, *first.alternatives)]
        seen.add(tuple(each.tokens for each in alone))
    assert len(seen) > 3


def test_constraints_leave_distinct_draws() -> None:
    allowed = [(4, 4), (4, 5), (3,), (5, 3)]
    given = drawn(
        Table(2), ask(0, beams=6, nbest=4, search=StochasticBeam(seed=5), constraints=(Trie(allowed),), max_length=3)
    )
    assert sorted(each.tokens for each in given) == sorted(allowed)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"search": StochasticBeam(temperature=0)}, "`temperature` must be above 0"),
        ({"search": StochasticBeam(seed=2**70)}, "`seed` must fit into 64 bits"),
        ({"search": StochasticBeam(), "coverage_penalty": 0.1}, "`coverage_penalty` must be 0"),
        ({"search": StochasticBeam(), "nbest": 2}, "`nbest` must be at most `beams`"),
    ],
)
def test_what_is_impossible_is_refused(choices: dict[str, object], said: str) -> None:
    assert said in str(Search(Table()).refuses(ask(0, **choices)))


def test_nan_fails_its_row_alone() -> None:
    table = Table(keys=2)
    table.logits[1, :, 3:, :] = math.nan
    asked = [ask(id, 4 + id, beams=3, min_length=2, search=StochasticBeam(seed=1)) for id in range(2)]
    outcome = run(Search(table), asked)
    assert list(outcome.finished) == [0]
    assert "is NaN" in outcome.failed[1]

"""Goals in a search: all are met, where they fit best, and nobody else notices."""

from __future__ import annotations

import math
import re
from statistics import fmean
from typing import Any

import pytest

from seqloom.decoding.banks import Candidate, share
from seqloom.decoding.constraints.banned import Banned
from seqloom.decoding.constraints.basic import Every
from seqloom.decoding.constraints.no_repeat import NoRepeat
from seqloom.decoding.constraints.phrases import Phrases
from seqloom.decoding.constraints.regex import Regex
from seqloom.decoding.constraints.words import Spelling
from seqloom.decoding.mix import LogLinear, Mean
from seqloom.decoding.request import Allowed, Constraint, Sampling, answer
from seqloom.decoding.search import Search

from .oracles import pieces
from .tables import Table, ask, every_answer, run, source

WORDS = pieces(" a", " b", "a", "b", " c", "-")
SIZE = WORDS.specials.size


def has(phrase: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


class OnlyBarred:
    """The same constraint, of which the search does not know the way to its end."""

    def __init__(self, constraint: Constraint) -> None:
        self._constraint = constraint

    def start(self) -> Any:
        return self._constraint.start()

    def allowed(self, state: Any) -> Allowed:
        return self._constraint.allowed(state)

    def advance(self, state: Any, token: int) -> Any:
        return self._constraint.advance(state, token)

    def missing(self, state: Any) -> int:
        return self._constraint.missing(state)


def test_banks_find_better_places_than_barring_the_end() -> None:
    phrases = Phrases([["ab"], ["b-a"]], WORDS)
    scores: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(30):
        for banks in (True, False):
            constraint = phrases if banks else OnlyBarred(phrases)
            found = answer(Search(Table(seed, size=SIZE)), [ask(0, beams=5, max_length=12, constraints=(constraint,))])[
                0
            ]
            assert has("ab", WORDS.text(found.tokens))
            assert has("b-a", WORDS.text(found.tokens))
            scores[banks].append(found.score)
    assert fmean(scores[True]) > fmean(scores[False]) + 0.1


def test_a_beam_as_wide_as_all_answers_finds_the_best() -> None:
    phrases = Phrases([["a"], ["c"]], WORDS)
    for seed in range(3):
        table = Table(seed, size=SIZE)
        request = ask(0, beams=600, max_length=3, constraints=(phrases,))
        best = every_answer(table, request)[0]
        found = answer(Search(table, max_rows=600), [request])[0]
        assert found.tokens == best.tokens
        assert found.score == pytest.approx(best.score, abs=1e-5)


@pytest.mark.parametrize("most", [2, 3, 6])
@pytest.mark.parametrize("search", [None, Sampling(seed=4)])
@pytest.mark.parametrize("beams", [1, 4])
def test_every_answer_says_it(most: int, search: Sampling | None, beams: int) -> None:
    phrases = Phrases([["ab"]], WORDS)
    for seed in range(6):
        choices = {} if search is None else {"search": search}
        request = ask(0, beams=beams, nbest=beams, max_length=most, constraints=(phrases,), **choices)
        found = answer(Search(Table(seed, size=SIZE)), [request])[0]
        for each in (found, *found.alternatives):
            assert has("ab", WORDS.text(each.tokens))
            assert each.logp == pytest.approx(math.fsum(each.token_logps), abs=1e-4)


def test_nobody_else_in_the_batch_notices() -> None:
    phrases = Phrases([["b-a"]], WORDS)
    table = Table(2, size=SIZE)
    requests = [ask(number, 3 + number, beams=4, nbest=2, max_length=7) for number in range(4)]
    alone = [answer(Search(table), [request])[0] for request in requests]
    constrained = [ask(10 + number, 3 + number, beams=3, max_length=7, constraints=(phrases,)) for number in range(3)]
    by_itself = [answer(Search(table), [request])[0] for request in constrained]
    together = run(Search(table), [requests[0], *constrained, *requests[1:]])
    assert [together.finished[number].answer.tokens for number in range(4)] == [each.tokens for each in alone]
    assert [together.finished[10 + number].answer.tokens for number in range(3)] == [each.tokens for each in by_itself]


MIXES = {
    "mean": lambda: Mean([Table(1, size=SIZE), Table(2, size=SIZE)]),
    "log-linear": lambda: LogLinear([Table(1, size=SIZE), Table(2, size=SIZE)], [0.5, 0.7]),
}


@pytest.mark.parametrize("mix", MIXES)
def test_an_ensemble_says_it_too(mix: str) -> None:
    constraints = (Phrases([["ab"], ["c"]], WORDS), NoRepeat(1), Banned(["a"], WORDS))
    found = answer(Search(MIXES[mix]()), [ask(0, beams=5, max_length=8, constraints=constraints)])[0]
    text = WORDS.text(found.tokens)
    assert has("ab", text)
    assert has("c", text)
    assert not has("a", text)
    assert len(set(found.tokens)) == len(found.tokens)


def test_a_copied_word_says_it() -> None:
    words = WORDS.with_own([Spelling(b"zoo", b" zoo")])
    request = ask(0, beams=4, max_length=5, constraints=(Phrases([["zoo"]], words),))
    request = type(request)(**{**vars(request), "source": source(3, 4, copy=[SIZE, 4])})
    found = answer(Search(Table(1, size=SIZE, copies=True)), [request])[0]
    assert has("zoo", words.text(found.tokens))
    assert SIZE in found.tokens


def test_a_shortlist_says_it() -> None:
    table = Table(1, size=SIZE, shortlist=[7, 2, 4, 5, 9])
    found = answer(Search(table), [ask(0, beams=4, max_length=6, constraints=(Phrases([["ab"]], WORDS),))])[0]
    assert has("ab", WORDS.text(found.tokens))
    assert set(found.tokens) <= {7, 4, 5, 9}


def test_what_cannot_be_is_one_line_and_the_others_go_on() -> None:
    phrases = Phrases([["ab"], ["b-a"]], WORDS)
    nothing = Every([Phrases([["c"]], WORDS), Regex("[ab ]*", WORDS)])
    outcome = run(
        Search(Table(0, size=SIZE)),
        [
            ask("short", beams=3, max_length=3, constraints=(phrases,)),
            ask("never", beams=3, max_length=6, constraints=(nothing,)),
            ask("good", beams=3, max_length=6, constraints=(phrases,)),
            ask("plain", beams=3),
        ],
    )
    assert set(outcome.finished) == {"good", "plain"}
    assert outcome.failed["short"] == "`constraints` must fit into `max_length`, 3 tokens, but need 5. Shorten them."
    assert "an answer must exist, but after" in outcome.failed["never"]


def test_a_length_limit_within_an_expression() -> None:
    """A row from which nothing fits is looked at whole, so that no answer is lost at the limit."""
    expression = Regex("( c)*a(-b)*|( a)+( b)?", pieces(" a", " b", "a", "b", " c", "-"))
    for seed in range(10):
        for most in (1, 2, 4):
            table = Table(seed, size=SIZE)
            request = ask(0, beams=400, nbest=400, max_length=most, constraints=(expression,))
            found = answer(Search(table, max_rows=400), [request])[0]
            expected = every_answer(table, request)
            assert [each.tokens for each in (found, *found.alternatives)] == [each.tokens for each in expected]


def test_beams_are_shared_in_turn() -> None:
    candidates = [Candidate(0, token, -float(token), left) for token, left in enumerate([2, 2, 2, 1, 0, 0])]
    assert [each.token for each in share(candidates, 4)] == [0, 3, 4, 5]
    assert [each.token for each in share(candidates, 2)] == [3, 4]
    assert [each.token for each in share(candidates[:3], 5)] == [0, 1, 2]

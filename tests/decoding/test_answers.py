"""What is told of an answer: its pieces while it grows, its attention, its coverage, its own words."""

from __future__ import annotations

import math

import pytest
import torch

from seqloom.decoding.request import BeamSearch, Finished, LengthPenalty, Piece, Request, Sampling, SearchKind, answer
from seqloom.decoding.search import Search

from .tables import Table, ask, every_answer, run, source


@pytest.mark.parametrize("beams", [1, 2, 4])
@pytest.mark.parametrize("search", [BeamSearch(), Sampling(seed=2)])
def test_pieces_are_never_retracted(beams: int, search: SearchKind) -> None:
    early = 0
    for seed in range(15):
        engine = Search(Table(seed, sharpness=4.0))
        engine.admit([ask(0, seed + 1, beams=beams, max_length=12, min_length=4, stream=True, search=search)])
        said: tuple[int, ...] = ()
        while True:
            events = engine.step()
            assert all(isinstance(event, Finished) for event in events[1:])
            for event in events:
                if isinstance(event, Piece):
                    assert event.tokens
                    said += event.tokens
            if events and isinstance(events[-1], Finished):
                assert events[-1].answer.tokens == said
                break
            early += len(events)
    assert early > 5, "most is said before the end"


def test_one_beam_says_each_token_at_once() -> None:
    engine = Search(Table())
    engine.admit([ask(0, min_length=4, stream=True)])
    for _ in range(4):
        (piece,) = engine.step()
        assert isinstance(piece, Piece)
        assert len(piece.tokens) == 1


def test_nothing_is_said_unasked() -> None:
    assert run(Search(Table()), [ask(0), ask(1, beams=3)]).pieces == {}


def attended(table: Table, request: Request, tokens: tuple[int, ...]) -> torch.Tensor:
    """A row a token, the end included: what the table looks at after each token before."""
    text = list(request.source.parts["text"])
    key = sum(text) % len(table.logits)
    return torch.stack([table.looks[key, last, : len(text)].softmax(dim=-1) for last in (1, *tokens)])


@pytest.mark.parametrize("beams", [1, 3])
def test_attention_has_a_row_a_token_and_a_column_a_source_position(beams: int) -> None:
    table = Table()
    requests = [ask(id, *range(3, 4 + id), beams=beams, nbest=beams, attention=True) for id in range(5)]
    for request, first in zip(requests, answer(Search(table, max_rows=6), requests), strict=True):
        for each in (first, *first.alternatives):
            torch.testing.assert_close(torch.tensor(each.attention), attended(table, request, each.tokens))


def test_the_coverage_penalty_is_wus() -> None:
    table = Table()
    requests = [
        ask(id, *ids, beams=128, nbest=128, max_length=4, coverage_penalty=0.7)
        for id, ids in enumerate([(3, 4, 5), (3,), (4, 4, 4, 4, 5)])
    ]
    for request, first in zip(requests, answer(Search(table, max_rows=300), requests), strict=True):

        def coverage(tokens: tuple[int, ...], request: Request = request) -> float:
            covered = attended(table, request, tokens).sum(dim=0).tolist()
            return 0.7 * sum(math.log(min(share, 1.0)) for share in covered)

        expected = sorted(every_answer(table, request), key=lambda each: -(each.score + coverage(each.tokens)))
        given = (first, *first.alternatives)
        assert [each.tokens for each in given] == [each.tokens for each in expected][: len(given)]
        assert first.score == pytest.approx(expected[0].score + coverage(expected[0].tokens), abs=1e-4)
        assert first.attention is None


def test_attention_that_there_is_not_fails_and_leaves_the_others() -> None:
    outcome = run(Search(Table(attends=False)), [ask(0, attention=True), ask(1), ask(2, coverage_penalty=0.1)])
    assert list(outcome.finished) == [1]
    assert "the model must give attention" in outcome.failed[0]
    assert "the model must give attention" in outcome.failed[2]


def test_own_words_of_a_source_are_copied() -> None:
    table = Table(copies=True)
    requests = [
        Request(id=id, source=source(3, 4, copy=copy), beams=600, nbest=50, max_length=3)
        for id, copy in enumerate([[3, 4], [6, 7], [3, 6], [6, 8]])
    ]
    outcome = run(Search(table, max_rows=1200), requests, [0, 1, 2, 3])
    copied = 0
    for request in requests:
        first = outcome.finished[request.id].answer
        given = [each.tokens for each in (first, *first.alternatives)]
        assert given == [each.tokens for each in every_answer(table, request)[:50]]
        copied += any(token >= 6 for tokens in given for token in tokens)
    assert copied == 3


def test_length_penalties_by_hand() -> None:
    table = Table()
    for penalty, by in [
        (LengthPenalty(kind="none"), lambda length: 1.0),
        (LengthPenalty(kind="average"), lambda length: length),
        (LengthPenalty(kind="wu", alpha=0.6), lambda length: ((5 + length) / 6) ** 0.6),
    ]:
        given = answer(Search(table), [ask(0, beams=3, length_penalty=penalty)])[0]
        assert given.score == pytest.approx(given.logp / by(len(given.tokens) + 1))
        assert given.logp == pytest.approx(sum(given.token_logps), abs=1e-5)

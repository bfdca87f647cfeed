"""Scoring of given targets."""

from __future__ import annotations

import math

import pytest

from seqloom.core.errors import DataError, DecodingError
from seqloom.decoding.request import Pair, answer
from seqloom.decoding.search import Search

from .tables import EOS, Table, ask, source


@pytest.mark.parametrize("max_rows", [1, 2, 64])
def test_scores_are_the_models_log_probabilities(max_rows: int) -> None:
    table = Table(copies=True)
    pairs = [
        Pair(source=source(3), target=[4, 5]),
        Pair(source=source(3, 4), target=[]),
        Pair(source=source(5, 5, 5, copy=[6, 3, 7]), target=[6, 3, 7, 9]),
        Pair(source=source(4, copy=[6]), target=[6, 5, 5]),
        Pair(source=source(5), target=[3, 3, 3, 3, 3]),
    ]
    scored = Search(table, max_rows=max_rows).score(pairs)
    for pair, given in zip(pairs, scored, strict=True):
        said = [*pair.target, EOS]
        own = [table.after(pair.source, said[:place]).get(token, -math.inf) for place, token in enumerate(said)]
        assert given.token_logps == pytest.approx(own, abs=1e-5)
        assert given.logp == pytest.approx(sum(own), abs=1e-5)


def test_an_answer_scores_what_the_search_said() -> None:
    engine = Search(Table(shortlist=[5, 4, 2]))
    for given in answer(engine, [ask(id, id + 3, beams=3) for id in range(6)]):
        scores = [engine.score([Pair(source=source(id + 3), target=given.tokens)])[0] for id in range(6)]
        assert any(each.token_logps == pytest.approx(given.token_logps, abs=1e-5) for each in scores)
    assert engine.score([Pair(source=source(3), target=[3])])[0].logp == -math.inf
    assert engine.score([]) == []


def test_what_cannot_be_scored_is_an_error() -> None:
    engine = Search(Table(longest=3))
    with pytest.raises(DecodingError, match="pair 2 must have at most 2 tokens, but has 3"):
        engine.score([Pair(source=source(3), target=[4, 4]), Pair(source=source(3), target=[4, 4, 4])])
    with pytest.raises(DecodingError, match="tokens of an answer only, but has id 2"):
        engine.score([Pair(source=source(3), target=[4, 2])])
    with pytest.raises(DataError, match="empty"):
        engine.score([Pair(source=source(), target=[4])])

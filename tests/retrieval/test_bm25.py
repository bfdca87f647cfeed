"""The nearest text by its words."""

import math

import pytest

from seqloom.retrieval.bm25 import Bm25

TEXTS = [text.split() for text in ("where is the cat", "where is the dog", "who are you", "the the the", "")]


def test_the_rare_word_decides() -> None:
    assert Bm25(TEXTS).nearest(["is", "there", "a", "dog"], most=2) == [1, 0]


def test_what_shares_no_word_is_not_found() -> None:
    assert Bm25(TEXTS).nearest(["horse"], most=3) == []
    assert Bm25([]).nearest(["horse"], most=3) == []


def test_the_first_of_equals_comes_first() -> None:
    assert Bm25(TEXTS).nearest(["where"], most=5) == [0, 1]


def test_a_weight_by_hand() -> None:
    one = Bm25([["a", "b"], ["b"]], k1=1.2, b=0.75)
    rare = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    often = 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 1.5))
    assert one._weights["a"] == [(0, pytest.approx(rare * often))]

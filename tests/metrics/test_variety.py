"""How various answers are, how much of them is copied, and what the simplest language model says."""

from __future__ import annotations

import json
import math
import random

import pytest

from seqloom.core.errors import DataError
from seqloom.metrics.bigrams import Bigrams
from seqloom.metrics.copied import Seen
from seqloom.metrics.variety import distinct, repeating


def test_distinct_counts_different_n_grams_of_all_answers() -> None:
    said = ["a b a", "a b", ""]
    assert distinct(said, n=1).value == pytest.approx(100 * 2 / 5)
    assert distinct(said, n=2).value == pytest.approx(100 * 2 / 3)
    assert distinct(["你好吗", "你好"], n=1).value == 60
    assert distinct([""], n=2).value == 0
    with pytest.raises(DataError, match="at least one answer"):
        distinct([], n=1)


def test_the_interval_of_distinct_lies_around_the_value_and_narrows_with_more_answers() -> None:
    dice = random.Random(1)

    def said(number: int) -> list[str]:
        return [" ".join(dice.choices("abcdefghijklmnopqrst", k=6)) for _ in range(number)]

    few, many = distinct(said(30), n=2), distinct(said(600), n=2)
    assert float(few.low or 0) < few.value < float(few.high or 0)
    assert float(many.high or 0) - float(many.low or 0) < float(few.high or 0) - float(few.low or 0)
    assert "bs:1000|seed:12345|centred" in few.signature
    assert distinct(said(5), n=1, samples=0).low is None


def test_answers_that_go_round_in_circles() -> None:
    assert repeating(["no no no no", "one two one two three", "fine"]).value == pytest.approx(100 / 3)
    assert repeating(["一二三一二三"]).value == 100


def test_what_was_seen_is_found_again_also_where_not_all_is_kept() -> None:
    dice = random.Random(2)
    texts = [" ".join(dice.choices([str(number) for number in range(5000)], k=30)) for _ in range(200)]
    new = [" ".join(dice.choices([str(number) for number in range(5000)], k=30)) for _ in range(200)]
    whole, part = (Seen.learn(texts, n=4, most=most) for most in (10_000, 500))
    part = Seen.from_data(json.loads(json.dumps(part.to_data())))
    assert len(part.hashes) == 500
    half = [*texts[:100], *new[:100]]
    assert whole.counts(half).value == 50
    assert part.counts(half).value == pytest.approx(50, abs=10)
    assert part.counts(half).rows_NK[:, 1].sum() < whole.counts(half).rows_NK[:, 1].sum() / 5
    assert Seen.learn(texts, n=0, most=1000).counts([texts[0], texts[1][:-1]]).value == 50


def test_what_follows_a_word_sums_to_one() -> None:
    model = Bigrams.learn(["a b a c", "b a", "c"], words=3, pairs=4)
    model = Bigrams.from_data(json.loads(json.dumps(model.to_data())))
    for before in ("", "a", "b", "unknown"):
        words = sum(model.after(before, word) for word in model.counts)
        # What is left is for words that it would have to spell.
        assert 0.5 < words < 1
        spelled = sum(model.after(before, word) for word in ("aa", "ab", "zz"))
        assert words + spelled < 1


def test_a_likely_text_is_likelier_than_one_in_disorder_and_any_has_a_probability() -> None:
    model = Bigrams.learn(["the cat sat", "the dog sat", "the cat ran"] * 5)
    assert model.logp("the cat sat") > model.logp("cat the sat") > model.logp("qqqq the sat") > -math.inf
    assert {model.say(random.Random(seed)) for seed in range(30)} >= {"the cat sat", "the cat ran"}
    assert Bigrams.learn(["你好吗"]).say(random.Random(1)) == "你好吗"

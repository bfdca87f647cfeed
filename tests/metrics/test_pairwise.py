"""Tables of likeness against sacreBLEU, one pair at a time."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
from sacrebleu.metrics.chrf import CHRF

from seqloom.metrics.pairwise import UTILITIES, chrf_table, exact_match_table

TEXTS = [
    "Ein Mann fährt Rad.",
    "Ein Mann fährt  Fahrrad .",
    "",
    "a",
    "aaaaaaa",
    "aaaa aaaa aaaa",
    "一个男人在骑自行车。",
    "一个女人在骑马。",
    "Zwei Hunde laufen über die Wiese, über die Wiese.",
]


def test_chrf_is_sacrebleus() -> None:
    metric = CHRF()
    table = chrf_table(TEXTS, TEXTS[::-1])
    assert table.shape == (len(TEXTS), len(TEXTS))
    for row, answer in enumerate(TEXTS):
        for column, reference in enumerate(TEXTS[::-1]):
            assert table[row, column] == pytest.approx(metric.sentence_score(answer, [reference]).score, abs=1e-6)


def test_all_pairs_are_much_cheaper_than_one_by_one() -> None:
    dice = random.Random(1)
    words = ["".join(dice.choices("abcdefgh", k=dice.randint(2, 8))) for _ in range(200)]
    texts = [" ".join(dice.choices(words, k=12)) for _ in range(24)]
    metric = CHRF()
    begin = time.process_time()
    slow = [[metric.sentence_score(answer, [reference]).score for reference in texts] for answer in texts]
    one_by_one = time.process_time() - begin
    begin = time.process_time()
    fast = chrf_table(texts, texts)
    together = time.process_time() - begin
    np.testing.assert_allclose(fast, slow, atol=1e-6)
    assert together < one_by_one / 4


def test_exact_match_counts_draws() -> None:
    table = exact_match_table(["a", "b"], ["a", "a", "b"])
    assert table.mean(axis=1).tolist() == pytest.approx([200 / 3, 100 / 3])
    assert set(UTILITIES) == {"chrf", "exact_match"}

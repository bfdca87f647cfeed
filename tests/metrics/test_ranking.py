"""Ranked lists, by hand and against scikit-learn where it is installed."""

import math

import numpy as np
import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.metrics.ranking import measure_ranking

LISTS = [["a", "b", "c"], ["d", "e", "f"], ["g", "h"], []]
RELEVANT = [{"b"}, {"d", "f", "z"}, {"q"}, {"r"}]


def test_by_hand() -> None:
    scores = measure_ranking(LISTS, RELEVANT, k=[1, 3], samples=0)
    values = {score.name: score.value for score in scores}
    second = 1 / math.log2(3)
    assert values == pytest.approx(
        {
            "HR@1": 25,
            "NDCG@1": 25,
            "HR@3": 50,
            "NDCG@3": 25 * (second + (1 + 0.5) / (1 + second + 0.5)),
            "MRR": 25 * (1 / 2 + 1),
        }
    )
    assert all(score.higher_is_better for score in scores)


def test_gain_is_that_of_scikit_learn() -> None:
    theirs = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(1)
    lists = [generator.permutation(20).tolist() for _ in range(15)]
    relevant = [set(generator.choice(20, size=4, replace=False).tolist()) for _ in lists]
    gains = [[float(item in wanted) for item in items] for items, wanted in zip(lists, relevant, strict=True)]
    expected = 100 * theirs.ndcg_score(gains, [list(range(20, 0, -1))] * 15, k=10)
    score = measure_ranking(lists, relevant, samples=100)[1]
    assert (score.name, score.value) == ("NDCG@10", pytest.approx(expected))
    assert score.low is not None
    assert score.high is not None
    assert score.low < score.value < score.high


@pytest.mark.parametrize(
    ("lists", "relevant", "message"),
    [
        ([["a"]], [], "there are 1 lists and 0 such sets"),
        ([], [], "at least one list"),
        ([["a"], ["a"]], [{"a"}, set()], "row 2: there must be at least one relevant item"),
        ([["a", "b", "a"]], [{"a"}], "row 1: an item must be listed once"),
    ],
)
def test_lists_that_cannot_be_measured(lists: list[list[str]], relevant: list[set[str]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        measure_ranking(lists, relevant)


def test_cut_must_be_positive() -> None:
    with pytest.raises(RecipeError, match="`k` must be a list of numbers, each at least 1"):
        measure_ranking(LISTS, RELEVANT, k=[0])

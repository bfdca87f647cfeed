"""Several corpora in one stream: how much of each, and nothing forgotten."""

from collections import Counter

import numpy as np
import pytest

from seqloom.core.errors import RecipeError
from seqloom.data.epoch import MixtureSettings
from seqloom.data.mixture import Mixture, classes_of
from seqloom.data.ragged import Ragged


def test_one_corpus_is_read_once_an_epoch() -> None:
    mixture = Mixture([100], MixtureSettings(), seed=1)
    first, second = mixture.epoch(0).tolist(), mixture.epoch(1).tolist()
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second
    assert mixture.epoch(0).tolist() == first
    assert Mixture([100], MixtureSettings(), seed=2).epoch(0).tolist() != first
    assert mixture.epoch(5, shuffle=False).tolist() == list(range(100))


def test_temperature_favours_the_small() -> None:
    sizes = [1000, 10]
    assert Mixture(sizes, MixtureSettings(), seed=1).counts == (1000, 10)
    # 1000^(1/2) / (1000^(1/2) + 10^(1/2)) = 0.909
    assert Mixture(sizes, MixtureSettings(temperature=2), seed=1).counts == (918, 92)
    assert Mixture(sizes, MixtureSettings(weights=(1.0, 3.0)), seed=1).counts == (252, 758)
    assert sum(MixtureSettings(temperature=5).shares([7, 8, 9])) == pytest.approx(1)


def test_passes_go_on_from_epoch_to_epoch() -> None:
    """What an epoch has no room for is read in the next; nothing is read twice before all is read once."""
    mixture = Mixture([90, 10], MixtureSettings(weights=(1.0, 1.0)), seed=1)
    assert mixture.counts == (50, 50)
    read: Counter[int] = Counter()
    for epoch in range(9):
        for number in mixture.epoch(epoch).tolist():
            read[number] += 1
    assert {read[number] for number in range(90)} == {5}
    assert {read[number] for number in range(90, 100)} == {45}


def test_weights_that_fit_no_corpora() -> None:
    with pytest.raises(RecipeError, match="must have one weight for each of 3 corpora, but has 2"):
        Mixture([1, 2, 3], MixtureSettings(weights=(1.0, 2.0)), seed=1)


def test_a_rare_target_is_read_as_often_as_a_common_one() -> None:
    targets = Ragged.of([[7] if row % 10 else [8, 9] for row in range(100)])
    classes = classes_of(targets)
    assert sorted(map(len, classes)) == [10, 90]
    mixture = Mixture([5, 100], MixtureSettings(balance=1.0), seed=1, classes=[[np.arange(5)], classes])
    epoch = Counter(mixture.epoch(0).tolist())
    assert sum(epoch[5 + row] for row in range(100) if row % 10) == 50
    assert {epoch[5 + row] for row in range(0, 100, 10)} == {5}
    assert sum(epoch[row] for row in range(5)) == 5, "another corpus keeps its share"
    half = Mixture([100], MixtureSettings(balance=0.5), seed=1, classes=[classes])
    assert sorted(half.counts) == [25, 75]  # √10 to √90
    with pytest.raises(RecipeError, match="at most 1,000 different targets"):
        classes_of(Ragged.of([[row] for row in range(1001)]))

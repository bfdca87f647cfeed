"""The nearest vectors, beside distances written out."""

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.retrieval.vectors import VectorIndex


def _keys(number: int, *, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(number, 12)).astype(np.float32)


def _plain(keys: np.ndarray, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    squares = ((queries[:, None] - keys[None]) ** 2).sum(-1)
    order = squares.argsort(axis=1)[:, :k]
    return np.take_along_axis(squares, order, 1), order


@pytest.mark.parametrize("graph", [False, True])
def test_the_nearest_are_found_with_their_distances(graph: bool) -> None:
    keys, queries = _keys(500), _keys(40, seed=2)
    found = VectorIndex.build(keys, np.arange(500) + 7, graph=graph).nearest(queries, k=5)
    squares, order = _plain(keys, queries, 5)
    same = found.values_QK == order + 7
    assert same.mean() > (0.95 if graph else 0.999)
    np.testing.assert_allclose(found.distances_QK[same], squares[same], rtol=2e-2 if graph else 1e-4)


def test_a_graph_of_few_keys_is_the_same_on_any_machine() -> None:
    keys, queries = _keys(3000), _keys(200, seed=2)
    found = [VectorIndex.build(keys, np.arange(3000), graph=True).nearest(queries, k=5) for _ in range(2)]
    np.testing.assert_array_equal(found[0].values_QK, found[1].values_QK)


def test_memory_is_bounded_by_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    keys, queries = _keys(300), _keys(50, seed=3)
    index = VectorIndex.build(keys, np.arange(300))
    whole = index.nearest(queries, k=4)
    monkeypatch.setattr("seqloom.retrieval.vectors._AT_ONCE", 4 * 300 * 7)
    parts = index.nearest(queries, k=4)
    np.testing.assert_array_equal(parts.values_QK, whole.values_QK)


@pytest.mark.parametrize("graph", [False, True])
def test_fewer_keys_than_asked_for(graph: bool) -> None:
    found = VectorIndex.build(_keys(3), np.array([5, 6, 7]), graph=graph).nearest(_keys(1, seed=4), k=8)
    assert sorted(found.values_QK[0]) == [5, 6, 7]
    assert VectorIndex.build(_keys(3), np.array([5, 6, 7]), graph=graph).nearest(_keys(0), k=8).values_QK.shape[0] == 0


@pytest.mark.parametrize("graph", [False, True])
def test_what_is_saved_is_loaded(graph: bool, tmp_path) -> None:
    index = VectorIndex.build(_keys(200).astype(np.float16), np.arange(200), graph=graph)
    index.save(tmp_path / "store")
    queries = _keys(9, seed=5)
    loaded = VectorIndex.load(tmp_path / "store")
    assert (loaded.graph is None) == (not graph)
    np.testing.assert_array_equal(loaded.nearest(queries, k=3).values_QK, index.nearest(queries, k=3).values_QK)


def test_keys_and_values_belong_together(tmp_path) -> None:
    with pytest.raises(DataError, match="a value for each of its keys, but has 2 for 3"):
        VectorIndex.build(_keys(3), np.arange(2))
    with pytest.raises(DataError, match="not a whole store"):
        VectorIndex.load(tmp_path)

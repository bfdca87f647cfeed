"""The nearest of many vectors: by looking at all of them while they are few, through a graph when they are many.

vectors.npy     the keys, float32 (or float16 where they were), one a row
values.npy      what each key stands for
graph.usearch   the graph, where there is one
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from seqloom.core.errors import DataError, MissingExtraError

__all__ = ["Neighbours", "VectorIndex"]

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]

_GRAPH_FROM = 50_000
"""Vectors from which on a graph is worth its making."""
_ALONE = 4_096
"""The first keys go into a graph one after the other: many threads in a graph of few do not see each other's keys, and
some are never found again."""
_AT_ONCE = 64 * 1024 * 1024
"""Bytes of distances held at one time by a search without a graph."""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The k nearest keys of each query, nearest first."""

    distances_QK: Floats
    """Squared."""
    values_QK: Ints
    """-1 where there are fewer than k."""


class VectorIndex:
    """Keys with a value each, and the nearest keys of any vector."""

    def __init__(self, keys: Floats, values: Ints, *, graph: Any = None) -> None:
        self.keys = keys
        self.values = values
        self.graph = graph
        self._lengths: Floats | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        return int(self.keys.shape[1])

    @classmethod
    def build(cls, keys: Floats, values: Ints, *, graph: bool | None = None) -> Self:
        """``graph``: search through one, which is quicker and nearly always right; None: where keys are many."""
        if len(keys) != len(values) or not len(keys):
            raise DataError(f"an index must have a value for each of its keys, but has {len(values)} for {len(keys)}.")
        wanted = len(keys) >= _GRAPH_FROM if graph is None else graph
        return cls(keys, values, graph=_grown(keys) if wanted else None)

    def nearest(self, queries: Floats, *, k: int) -> Neighbours:
        """By Euclidean distance."""
        k = min(k, len(self))
        if not len(queries):
            return Neighbours(distances_QK=np.empty((0, k), np.float32), values_QK=np.empty((0, k), np.int64))
        distances, rows = self._through_graph(queries, k) if self.graph is not None else self._among_all(queries, k)
        values = np.where(rows < 0, -1, np.asarray(self.values)[rows])
        return Neighbours(distances_QK=distances, values_QK=values)

    def _through_graph(self, queries: Floats, k: int) -> tuple[Floats, Ints]:
        found = self.graph.search(np.ascontiguousarray(queries, dtype=np.float32), k, threads=1)
        distances = np.asarray(found.distances).reshape(len(queries), -1)
        rows = np.asarray(found.keys).reshape(len(queries), -1).astype(np.int64)
        if len(queries) == 1 and rows.shape[1] < k:  # the graph gives a single query what it found, and no more
            missing = k - rows.shape[1]
            rows = np.pad(rows, ((0, 0), (0, missing)), constant_values=-1)
            distances = np.pad(distances, ((0, 0), (0, missing)), constant_values=np.inf)
        return distances, rows

    def _among_all(self, queries: Floats, k: int) -> tuple[Floats, Ints]:
        if self._lengths is None:
            self._lengths = np.einsum("nd,nd->n", self.keys, self.keys, dtype=np.float32)
        step = max(1, _AT_ONCE // (4 * len(self)))
        parts = [self._stretch(queries[first : first + step], k) for first in range(0, len(queries), step)]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _stretch(self, queries: Floats, k: int) -> tuple[Floats, Ints]:
        """‖q - x‖² = ‖q‖² - 2 q·x + ‖x‖²."""
        assert self._lengths is not None
        queries = np.asarray(queries, dtype=np.float32)
        distances = self._lengths - 2 * (queries @ np.asarray(self.keys, dtype=np.float32).T)
        some = np.argpartition(distances, k - 1, axis=1)[:, :k]
        near = np.take_along_axis(distances, some, 1)
        order = np.argsort(near, axis=1, kind="stable")
        squares = np.einsum("qd,qd->q", queries, queries)[:, None]
        rows = np.take_along_axis(some, order, 1)
        return np.maximum(np.take_along_axis(near, order, 1) + squares, 0.0), rows

    # ---- on disk -----------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "vectors.npy", self.keys, allow_pickle=False)
        np.save(folder / "values.npy", self.values, allow_pickle=False)
        if self.graph is not None:
            self.graph.save(str(folder / "graph.usearch"))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Memory-mapped: what a search touches is read."""
        try:
            keys = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
            values = np.load(folder / "values.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(f"{folder}: is not a whole store of vectors ({error}). Build it again.") from error
        path = folder / "graph.usearch"
        return cls(keys, values, graph=_usearch().restore(str(path), view=True) if path.is_file() else None)


def _grown(keys: Floats) -> Any:
    graph = _usearch()(ndim=keys.shape[1], metric="l2sq", dtype="f16", connectivity=16)
    marks = [0, *range(_ALONE, len(keys), 65_536), len(keys)]
    for first, last in pairwise(marks):
        some = np.asarray(keys[first:last], dtype=np.float32)
        graph.add(np.arange(first, last), some, threads=1 if last <= _ALONE else 0)
    return graph


def _usearch() -> Any:
    try:
        from usearch.index import Index
    except ImportError as error:
        raise MissingExtraError("a large store of vectors", extra="neighbours") from error
    return Index

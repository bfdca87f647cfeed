"""What is remembered of files of any length: never more than a set amount."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Blocks", "Copies", "Few", "Places"]

T = TypeVar("T")
_MOST = 2_000_000
_SEED = 1


class Places:
    """Where each text stands, by its hash; beyond so many, of a half, a quarter … of all hashes.

    All copies of a text have one hash, so they are remembered together or not at all: what is counted among the rest
    is counted rightly, and its share is that of all.
    """

    def __init__(self, most: int = _MOST) -> None:
        self.most = most
        self.share = 1.0
        self._parts: list[NDArray[np.uint64]] = []
        self._held = 0
        self._mask = np.uint64(0)

    def add(self, keys: NDArray[np.uint64], partners: NDArray[np.uint64], rows: NDArray[np.uint64]) -> None:
        """``partners`` is the hash of what stands beside each text."""
        kept = (keys & self._mask) == 0
        part = np.stack([keys[kept], partners[kept], rows[kept]])
        self._parts.append(part)
        self._held += part.shape[1]
        while self._held > self.most:
            self._mask = (self._mask << np.uint64(1)) | np.uint64(1)
            self.share /= 2
            self._parts = [part[:, (part[0] & self._mask) == 0] for part in self._parts]
            self._held = sum(part.shape[1] for part in self._parts)

    def copies(self) -> Copies:
        whole = np.concatenate(self._parts, axis=1) if self._parts else np.zeros((3, 0), np.uint64)
        order = np.lexsort((whole[2], whole[1], whole[0]))
        return Copies(keys=whole[0, order], partners=whole[1, order], rows=whole[2, order].astype(np.int64))


@dataclass(frozen=True, kw_only=True)
class Copies:
    """The same in order: texts by their hash, copies of one by their partner."""

    keys: NDArray[np.uint64]
    partners: NDArray[np.uint64]
    rows: NDArray[np.int64]

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each different text begins."""
        return np.flatnonzero(_changes(self.keys))

    @property
    def times(self) -> NDArray[np.int64]:
        """How often each different text stands there."""
        return np.diff(self.starts, append=len(self.keys))

    @property
    def beside(self) -> NDArray[np.int64]:
        """How many different partners each different text has."""
        changes = _changes(self.keys) | _changes(self.partners)
        return np.add.reduceat(changes, self.starts, dtype=np.int64) if len(self.keys) else np.zeros(0, np.int64)

    @property
    def again(self) -> NDArray[np.int64]:
        """The rows of which both texts stand further up already, and of each the first such row: (2, rows)."""
        same = ~(_changes(self.keys) | _changes(self.partners))
        first = np.maximum.accumulate(np.where(same, 0, np.arange(len(same)))) if len(same) else np.zeros(0, np.int64)
        rows = np.stack([self.rows[same], self.rows[first[same]]])
        return rows[:, np.argsort(rows[0])]

    def rows_of(self, place: int, *, most: int) -> list[int]:
        """The first rows of a different text, each with another partner."""
        start, end = int(self.starts[place]), int(self.starts[place] + self.times[place])
        fresh = np.flatnonzero(_changes(self.partners[start:end]))
        return sorted(self.rows[start + fresh].tolist())[:most]


def _changes(values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    changes = np.ones(len(values), np.bool_)
    changes[1:] = values[1:] != values[:-1]
    return changes


class Blocks(Generic[T]):
    """An even sample of neighbours: whole blocks of items, each block with the same chance (Vitter 1985, algorithm R).

    Of a file that is short enough, all of it. Neighbours are kept because a pair is misaligned in company.
    """

    def __init__(self, *, blocks: int = 800, size: int = 50) -> None:
        self.blocks, self.size = blocks, size
        self.seen = 0
        self._dice = random.Random(_SEED)
        self._kept: list[tuple[int, list[T]]] = []
        self._open: list[T] | None = None

    def add(self, items: Iterable[T]) -> None:
        for item in items:
            if self.seen % self.size == 0:
                self._open = self._begin(self.seen // self.size)
            if self._open is not None:
                self._open.append(item)
            self.seen += 1

    def _begin(self, number: int) -> list[T] | None:
        fresh: list[T] = []
        if number < self.blocks:
            self._kept.append((number, fresh))
        elif (place := self._dice.randrange(number + 1)) < self.blocks:
            self._kept[place] = (number, fresh)
        else:
            return None
        return fresh

    @property
    def items(self) -> list[T]:
        """In their own order."""
        return [item for _, block in sorted(self._kept, key=lambda kept: kept[0]) for item in block]

    @property
    def whole(self) -> bool:
        """Whether nothing was left out."""
        return self.seen <= self.blocks * self.size


@dataclass
class Few(Generic[T]):
    """How many there are, and the first few of them or the worst."""

    most: int = 5
    count: int = 0
    items: list[tuple[float, T]] = field(default_factory=list)

    def add(self, item: T, *, weight: float = 0.0, count: int = 1) -> None:
        self.count += count
        self.items.append((weight, item))
        if len(self.items) > 4 * self.most:
            self._trim()

    def merge(self, other: Few[T]) -> None:
        self.count += other.count
        self.items += other.items
        self._trim()

    def _trim(self) -> None:
        self.items = sorted(self.items, key=lambda each: -each[0])[: self.most]  # stable: the first of equals stays

    @property
    def shown(self) -> list[T]:
        self._trim()
        return [item for _, item in self.items]

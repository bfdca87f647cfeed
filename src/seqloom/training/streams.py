"""Where batches come from: a stream that can say where it stands, and be put back there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Protocol

from seqloom.nn.contracts import Batch

__all__ = ["BatchStream", "RepeatedBatches"]


class BatchStream(Protocol):
    """Batches without end, one epoch after the other."""

    @property
    def epoch(self) -> float:
        """Epochs that were given out, the begun one as its share."""
        ...

    @property
    def batches_per_epoch(self) -> int: ...

    def __next__(self) -> Batch: ...

    def position(self) -> dict[str, Any]:
        """Where it stands, as plain data: what ``seek`` takes to go on with the same next batch."""
        ...

    def seek(self, position: Mapping[str, Any]) -> None: ...


class RepeatedBatches:
    """A stream over what a function makes of an epoch's number; the same number must give the same batches.

    For batches that are cheap to make: to seek is to make the epoch again up to there.
    """

    def __init__(self, make: Callable[[int], Iterable[Batch]], *, batches_per_epoch: int) -> None:
        self.make = make
        self.batches_per_epoch = batches_per_epoch
        self._epoch = 0
        self._given = 0
        self._rest: Iterator[Batch] = self._begin()

    @property
    def epoch(self) -> float:
        return self._epoch + self._given / self.batches_per_epoch

    def __next__(self) -> Batch:
        if self._given == self.batches_per_epoch:
            self.seek({"epoch": self._epoch + 1, "given": 0})
        batch = next(self._rest)
        self._given += 1
        return batch

    def position(self) -> dict[str, Any]:
        return {"epoch": self._epoch, "given": self._given}

    def seek(self, position: Mapping[str, Any]) -> None:
        self._epoch, self._given = position["epoch"], position["given"]
        self._rest = self._begin()

    def _begin(self) -> Iterator[Batch]:
        return islice(self.make(self._epoch), self._given, self.batches_per_epoch)

"""Where batches come from: a stream that can say where it stands, and be put back there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from threading import Thread
from typing import Any, Protocol

from torch import Tensor

from seqloom.nn.contracts import Batch

__all__ = ["BatchStream", "Prefetched", "RepeatedBatches", "pinned"]


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


# ---- batches made ahead ----------------------------------------------------------------------------------------------


class Prefetched:
    """A stream whose next batches are made while the present one is learnt from.

    It stands where the last batch given ends: what was made ahead counts as not read. An error is raised where the
    batch that it struck is asked for. Every batch has a thread of its own, which ends as soon as the batch is made, so
    there is nothing to close: whatever a run ends by, it leaves no thread behind.
    """

    def __init__(self, stream: BatchStream, *, ahead: int = 2, prepare: Callable[[Batch], Batch] | None = None) -> None:
        """``ahead``: how many batches are made in advance; ``prepare`` is done to each, in its thread."""
        self.stream = stream
        self.ahead = ahead
        self.prepare = prepare
        self._position, self._epoch = stream.position(), stream.epoch
        self._making: deque[_Making] = deque()
        self._astray = False

    @property
    def epoch(self) -> float:
        return self._epoch

    @property
    def batches_per_epoch(self) -> int:
        return self.stream.batches_per_epoch

    def __next__(self) -> Batch:
        self._fill()
        first = self._making[0]
        first.join()  # an interrupt here takes nothing: the next call finds the same batch
        if first.error is not None:
            self._drop()
            raise first.error
        self._making.popleft()
        assert first.batch is not None
        self._position, self._epoch = first.position, first.epoch
        self._fill()
        return first.batch

    def position(self) -> dict[str, Any]:
        return self._position

    def seek(self, position: Mapping[str, Any]) -> None:
        self._drop()
        self.stream.seek(position)
        self._position, self._epoch, self._astray = self.stream.position(), self.stream.epoch, False

    def _fill(self) -> None:
        if self._astray:
            self.seek(self._position)
        while len(self._making) < self.ahead:
            after = self._making[-1] if self._making else None
            making = _Making(self.stream, self.prepare, after=after)
            making.start()
            self._making.append(making)

    def _drop(self) -> None:
        """Forget what was made ahead; the stream under it stands elsewhere then."""
        for making in self._making:
            making.join()
        self._making.clear()
        self._astray = True


class _Making(Thread):
    """One batch on its way, behind the one before it: a stream is read by one thread at a time."""

    def __init__(self, stream: BatchStream, prepare: Callable[[Batch], Batch] | None, *, after: _Making | None) -> None:
        super().__init__(name="seqloom-batch")
        self.stream, self.prepare, self.after = stream, prepare, after
        self.batch: Batch | None = None
        self.position: dict[str, Any] = {}
        self.epoch = 0.0
        self.error: BaseException | None = None

    def run(self) -> None:
        after, self.after = self.after, None  # else each would hold all batches before it
        if after is not None:
            after.join()
            if after.error is not None:
                self.error = after.error
                return
        try:
            batch = next(self.stream)
            self.batch = batch if self.prepare is None else self.prepare(batch)
            self.position, self.epoch = self.stream.position(), self.stream.epoch
        except BaseException as error:
            self.error = error


def pinned(batch: Batch) -> Batch:
    """The same in memory from which a GPU copies by itself, while the processor goes on."""
    return batch.mapped(Tensor.pin_memory)

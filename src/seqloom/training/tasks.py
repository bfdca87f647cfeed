"""Several tasks in one training: whose batch is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seqloom.nn.contracts import Batch
from seqloom.training.streams import BatchStream

__all__ = ["TaskStreams"]


class TaskStreams:
    """A stream a task, by turns: a batch is always of one task (Luong et al. 2016, section 3.4).

    Where they draw the next task by its mixing ratio, here it is the one that is furthest behind its share. So the
    shares hold in every stretch, the mean loss of a run does not sway with who was drawn, and how many batches each
    task has given is all there is to know when a run goes on.
    """

    def __init__(self, main: BatchStream, tasks: Mapping[str, BatchStream], shares: Mapping[str, float]) -> None:
        """``shares``: how many batches of each task come with one of the main task."""
        self.main = main
        self.streams: dict[str, BatchStream] = {"": main, **tasks}
        self.shares = {"": 1.0, **shares}
        self._given = dict.fromkeys(self.streams, 0)

    def __next__(self) -> Batch:
        task = min(self.streams, key=lambda name: (self._given[name] + 1) / self.shares[name])
        self._given[task] += 1
        return replace(next(self.streams[task]), task=task or None)

    @property
    def epoch(self) -> float:
        """Of the main task."""
        return self.main.epoch

    @property
    def batches_per_epoch(self) -> int:
        return round(self.main.batches_per_epoch * sum(self.shares.values()))

    def position(self) -> dict[str, Any]:
        return {
            "given": dict(self._given),
            "streams": {name: stream.position() for name, stream in self.streams.items()},
        }

    def seek(self, position: Mapping[str, Any]) -> None:
        for name, stream in self.streams.items():
            self._given[name] = position["given"][name]
            stream.seek(position["streams"][name])

"""The engine that searches over a ``Stepper``: requests in, events out, as many at a time as fit."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import torch

from seqloom.core.errors import DecodingError
from seqloom.decoding.observer import Observer
from seqloom.decoding.queue import Queue
from seqloom.decoding.refusals import fault
from seqloom.decoding.request import Event, Pair, Request, Scored, answer
from seqloom.decoding.run import Kind
from seqloom.decoding.runs import Run, each_by_itself, start
from seqloom.decoding.scoring import score
from seqloom.decoding.stepper import Stepper

__all__ = ["Search", "answer"]


class Search:
    """Every way to search, over anything that takes steps.

    Requests wait in a queue. The first one joins a running batch of its kind that has enough beams, or opens one of
    its own, as soon as ``max_rows`` hypotheses in all leave room for it; nobody overtakes, so nobody starves. A
    request wider than ``max_rows`` runs alone. Where the stepper cannot join, a batch runs to its end first.
    """

    def __init__(
        self,
        stepper: Stepper,
        *,
        whole: Stepper | None = None,
        max_rows: int = 64,
        observer: Observer | None = None,
        device: torch.device | None = None,
    ) -> None:
        """``whole`` takes the steps of requests with constraints, which may ask for any token, where ``stepper`` says
        only what is on a shortlist."""
        if max_rows < 1:
            raise DecodingError(f"`max_rows` must be at least 1, but is {max_rows}. Use 64, or what memory allows.")
        self.stepper = stepper
        self.whole = whole or stepper
        self.max_rows = max_rows
        self.observer = observer
        self.device = device
        self._queue = Queue()
        self._running: list[Run] = []

    def refuses(self, request: Request) -> str | None:
        """Why the request cannot be answered; None if it can."""
        stepper = self.stepper
        return self._queue.refuses(request) or fault(
            request, longest=stepper.longest, order=stepper.order, size=stepper.vocabulary.size
        )

    def admit(self, requests: Sequence[Request]) -> None:
        """Put requests in the queue. One that is refused fails at the next step."""
        self._queue.admit(requests, self.refuses)

    @torch.inference_mode()
    def step(self) -> list[Event]:
        """Start what fits, take one step of all that runs, and say what came of it."""
        refused = self._queue.refused()
        events = self._start_waiting()
        for run in self._running:
            events += run.step()
        self._running = [run for run in self._running if run.num_rows]
        self._queue.over(events)
        return refused + events

    def cancel(self, ids: Sequence[Hashable]) -> None:
        """Forget these requests, wherever they are."""
        dropped = set(ids)
        self._queue.cancel(dropped)
        for run in self._running:
            run.keep(lambda id: id not in dropped)
        self._running = [run for run in self._running if run.num_rows]

    @torch.inference_mode()
    def score(self, pairs: Sequence[Pair]) -> list[Scored]:
        """The log-probabilities of given targets, by the same steps that a search would take."""
        return score(self.stepper, pairs, max_rows=self.max_rows, device=self.device)

    # ---- who runs with whom ------------------------------------------------------------------------------------------

    def _start_waiting(self) -> list[Event]:
        """Start as many as fit, in turn; those that go into the same batch are read in one go."""
        failed: list[Event] = []
        while self._queue.waiting and (self.stepper.joins or not self._running):
            run = self._batch_for(self._queue.waiting[0])
            group = self._next_group(run)
            if not group:
                break
            started, errors = self._started(group, beams=self._rows(group[0]) if run is None else run.beams)
            failed += errors
            for batch in started:
                if run is None:
                    self._running.append(batch)
                    run = batch if self.stepper.joins else None
                else:
                    run.join(batch)
        return failed

    def _rows(self, request: Request) -> int:
        """Hypotheses that it needs."""
        return request.search.rows(request, size=self.stepper.vocabulary.size)

    def _batch_for(self, request: Request) -> Run | None:
        """The narrowest running batch that can take the request now; None: it needs its own."""
        kind, rows = Kind.of(request), self._rows(request)
        fitting = [
            run
            for run in self._running
            if run.kind == kind and run.beams >= rows and self._num_rows + run.beams <= self.max_rows
        ]
        return min(fitting, key=lambda run: run.beams, default=None)

    def _next_group(self, run: Run | None) -> list[Request]:
        """The requests at the head of the queue that start together, to join ``run`` or to open a batch."""
        kind, beams = Kind.of(self._queue.waiting[0]), self._rows(self._queue.waiting[0]) if run is None else run.beams
        group: list[Request] = []
        num_rows = self._num_rows
        while self._queue.waiting and (num_rows + beams <= self.max_rows or num_rows == 0):
            request = self._queue.waiting[0]
            if Kind.of(request) != kind or self._rows(request) > beams or self._batch_for(request) is not run:
                break
            group.append(self._queue.waiting.popleft())
            num_rows += beams
        return group

    def _started(self, group: list[Request], *, beams: int) -> tuple[list[Run], list[Event]]:
        """Start them. A source that the model cannot read fails alone."""
        stepper = self.whole if group[0].constraints else self.stepper
        started: list[Run] = []

        def begin(some: Sequence[Request]) -> None:
            started.append(start(stepper, some, beams=beams, observer=self.observer, device=self.device))

        return started, each_by_itself(group, begin)

    @property
    def _num_rows(self) -> int:
        return sum(run.num_rows for run in self._running)

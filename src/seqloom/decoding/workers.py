"""Several engines as one: each answers its share of the requests on a thread, and so on a core, of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from queue import SimpleQueue
from threading import Condition, Thread

import torch

from seqloom.core.errors import DecodingError
from seqloom.decoding.request import Engine, Event, Failed, Pair, Piece, Request, Scored

__all__ = ["Workers"]


class Workers:
    """Engines that answer alike. A step of C or of torch lets the other threads run.

    Requests wait in one queue, from which each engine takes ``share`` at a time whenever it has less left, and never
    more than its part of all that are open: so none runs dry while another still has many. What is too few to be shared
    out is answered without threads.
    """

    def __init__(self, engines: Sequence[Engine], *, share: int) -> None:
        self.engines = engines
        self.share = share
        self._waiting: deque[Request] = deque()
        self._open: set[Hashable] = set()
        self._alone: set[Hashable] = set()
        """What the first engine has begun without threads."""
        self._refused: list[Failed] = []
        self._crew: list[_Worker] = []
        self._changed = Condition()
        self._events: SimpleQueue[list[Event] | BaseException] = SimpleQueue()
        self._threads = torch.get_num_threads()

    def refuses(self, request: Request) -> str | None:
        if request.id in self._open:
            return f"`id` must be new, but {request.id!r} is being answered. Choose another."
        return self.engines[0].refuses(request)

    def admit(self, requests: Sequence[Request]) -> None:
        with self._changed:
            for request in requests:
                line = self.refuses(request)
                if line is None:
                    self._open.add(request.id)
                    self._waiting.append(request)
                else:
                    self._refused.append(Failed(id=request.id, error=DecodingError(line)))
            self._changed.notify_all()

    def step(self) -> list[Event]:
        """What has come of the requests since; with threads at work, not before something has."""
        refused, self._refused = self._refused, []
        events: list[Event] = []
        if self._crew or len(self._open) > self.share // 2:
            events = self._together(wait=not refused)
        elif self._open:
            self.engines[0].admit([*self._waiting])
            self._alone |= {request.id for request in self._waiting}
            self._waiting.clear()
            events = self.engines[0].step()
        over = {event.id for event in events if not isinstance(event, Piece)}
        self._open -= over
        self._alone -= over
        if not self._open:
            self._dismiss()
        return [*refused, *events]

    def cancel(self, ids: Sequence[Hashable]) -> None:
        dropped = set(ids)
        with self._changed:
            self._waiting = deque(request for request in self._waiting if request.id not in dropped)
            self._refused = [failed for failed in self._refused if failed.id not in dropped]
            self._open -= dropped
            self._alone -= dropped
            for worker in self._crew:
                worker.dropped |= dropped
            if not self._crew:
                self.engines[0].cancel(ids)
        if not self._open:
            self._dismiss()

    def score(self, pairs: Sequence[Pair]) -> list[Scored]:
        return self.engines[0].score(pairs)

    # ---- threads -----------------------------------------------------------------------------------------------------

    def _together(self, *, wait: bool) -> list[Event]:
        if not self._crew:
            self._crew = [_Worker(self, engine) for engine in self.engines]
            self._crew[0].held |= self._alone
            self._alone = set()
            for worker in self._crew:
                worker.start()
        events: list[Event] = []
        while (wait and not events) or not self._events.empty():
            found = self._events.get()
            if isinstance(found, BaseException):
                raise found
            # Of one that was cancelled while it was under way nobody wants to hear.
            events += [event for event in found if event.id in self._open]
        return events

    def _dismiss(self) -> None:
        """Nothing is left to do: the threads end, and torch has the cores again."""
        if not self._crew:
            return
        with self._changed:
            for worker in self._crew:
                worker.dismissed = True
            self._changed.notify_all()
        for worker in self._crew:
            worker.join()
        self._crew = []
        self._events = SimpleQueue()
        torch.set_num_threads(self._threads)


class _Worker(Thread):
    """Steps one engine for as long as there is something to answer."""

    def __init__(self, crew: Workers, engine: Engine) -> None:
        super().__init__(daemon=True, name="seqloom worker")
        self.dropped: set[Hashable] = set()
        self.dismissed = False
        self._crew = crew
        self._engine = engine
        self.held: set[Hashable] = set()

    def run(self) -> None:
        torch.set_num_threads(1)
        try:
            while self._taken():
                events = self._engine.step()
                self.held -= {event.id for event in events if not isinstance(event, Piece)}
                if events:
                    self._crew._events.put(events)
        except BaseException as error:  # raised where the answers are waited for
            self._crew._events.put(error)
        finally:
            self._engine.cancel([*self.held])

    def _taken(self) -> bool:
        """Take more requests if few are left, and wait for them if none is; False: it is over."""
        crew = self._crew
        with crew._changed:
            while not self.dismissed and not self.held and not crew._waiting:
                self._drop()
                crew._changed.wait()
            self._drop()
            if self.dismissed:
                return False
            fair = -(-len(crew._open) // len(crew.engines))
            while crew._waiting and len(self.held) < min(fair, crew.share):
                request = crew._waiting.popleft()
                self._engine.admit([request])
                self.held.add(request.id)
            return True

    def _drop(self) -> None:
        gone = self.dropped & self.held
        self.dropped = set()
        if gone:
            self._engine.cancel([*gone])
            self.held -= gone

"""The engine of real-valued answers: each frame is the mean of its Gaussian, and is read to make the next.

The mode of a Gaussian is its mean, so there is nothing to search for: a wider beam would hold the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.core.errors import DecodingError, SeqloomError
from seqloom.core.specials import Specials
from seqloom.decoding.collate import Layout, collate
from seqloom.decoding.queue import Queue
from seqloom.decoding.request import Answer, Event, Failed, Finished, Pair, Request, Scored
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import State

__all__ = ["FrameStep", "FrameStepper", "Rollout"]


@dataclass(frozen=True, kw_only=True)
class FrameStep:
    """What is said of the frame after the one that was read."""

    mean_BC: Tensor
    """Of its unit Gaussian."""
    odds_B: Tensor
    """Log-odds that there is none: that the sequence has ended."""
    state: State


class FrameStepper(Protocol):
    """A model, or whatever else takes steps from frame to frame."""

    vocabulary: Specials
    joins: bool
    longest: int | None

    def start(self, source: SourceBatch) -> State: ...

    def step(self, frame_BC: Tensor, state: State) -> FrameStep:
        """``frame_BC`` has the edge behind its channels: 1 in the frame before the first."""
        ...


@dataclass(kw_only=True)
class _Open:
    """A request being answered."""

    request: Request
    limit: int
    frames: list[tuple[float, ...]] = field(default_factory=list)
    logps: list[float] = field(default_factory=list)

    @property
    def id(self) -> Hashable:
        return self.request.id


class Rollout:
    """Rows side by side in one batch; a row that has ended makes room for one that waits, where states can join.

    An answer ends where the end is likelier than another frame, but not before ``min_length`` frames and always at
    ``max_length``; where both are one number, that is how many frames it has.
    """

    def __init__(self, stepper: FrameStepper, *, max_rows: int = 64, device: torch.device | None = None) -> None:
        if max_rows < 1:
            raise DecodingError(f"`max_rows` must be at least 1, but is {max_rows}. Use 64, or what memory allows.")
        self.stepper = stepper
        self.max_rows = max_rows
        self.device = device
        self._queue = Queue()
        self._running: list[_Open] = []
        self._state: State | None = None
        self._frame_BC: Tensor | None = None

    # ---- the engine --------------------------------------------------------------------------------------------------

    def refuses(self, request: Request) -> str | None:
        """Why the request cannot be answered; None if it can."""
        if line := self._queue.refuses(request):
            return line
        asked = {
            "search": request.search.kind != "beam",
            "nbest": request.nbest != 1,
            "constraints": bool(request.constraints),
            "stream": request.stream,
            "attention": request.attention,
        }
        if wrong := next((name for name, there in asked.items() if there), None):
            return f"`{wrong}` must be left out, because an answer of vectors is its mean, frame by frame."
        limit = self._limit(request)
        if limit < 1:
            return f"`max_length` must be at least 1, but is {request.max_length}. An answer has a frame."
        if request.min_length > limit:
            return f"`min_length` must be at most {limit}, the most that can be said, but is {request.min_length}."
        return None

    def admit(self, requests: Sequence[Request]) -> None:
        self._queue.admit(requests, self.refuses)

    @torch.inference_mode()
    def step(self) -> list[Event]:
        refused = self._queue.refused()
        events: list[Event] = []
        room = self.max_rows - len(self._running)
        if room and self._queue.waiting and (self.stepper.joins or not self._running):
            events += self._start(self._next_group(room))
        if self._running:
            events += self._one_frame()
        self._queue.over(events)
        return refused + events

    def cancel(self, ids: Sequence[Hashable]) -> None:
        dropped = set(ids)
        self._queue.cancel(dropped)
        self._keep([place for place, row in enumerate(self._running) if row.id not in dropped])

    @torch.inference_mode()
    def score(self, pairs: Sequence[Pair]) -> list[Scored]:
        """The log-densities of given frames, by the same steps that answering takes."""
        return [self._scored(pair) for pair in pairs]

    # ---- beginning ---------------------------------------------------------------------------------------------------

    def _limit(self, request: Request) -> int:
        longest = self.stepper.longest
        return request.max_length if longest is None else min(request.max_length, longest - 1)

    def _next_group(self, room: int) -> list[Request]:
        """Those at the head of the queue whose sources can lie beside each other, and beside those that run."""
        layout = Layout.of((self._running[0].request if self._running else self._queue.waiting[0]).source)
        group: list[Request] = []
        while self._queue.waiting and len(group) < room and Layout.of(self._queue.waiting[0].source) == layout:
            group.append(self._queue.waiting.popleft())
        return group

    def _start(self, group: Sequence[Request]) -> list[Event]:
        """A source that the model cannot read fails alone: halves are tried until it is found."""
        if not group:
            return []
        try:
            state: Any = self.stepper.start(collate([request.source for request in group], device=self.device))
        except SeqloomError as error:
            if len(group) == 1:
                return [Failed(id=group[0].id, error=DecodingError(str(error)))]
            middle = len(group) // 2
            first = self._start(group[:middle])
            if self.stepper.joins or not self._running:
                return first + self._start(group[middle:])
            self._queue.waiting.extendleft(reversed(group[middle:]))
            return first
        frame_BC = self._before(len(group))
        if self._state is not None and self._frame_BC is not None:
            state = self._state.join(state)
            frame_BC = torch.cat([self._frame_BC, frame_BC])
        self._state, self._frame_BC = state, frame_BC
        self._running += [_Open(request=request, limit=self._limit(request)) for request in group]
        return []

    def _before(self, rows: int) -> Tensor:
        """The frame before the first."""
        frame_BC = torch.zeros(rows, self.stepper.vocabulary.channels + 1, device=self.device)
        frame_BC[:, -1] = 1
        return frame_BC

    # ---- going on ----------------------------------------------------------------------------------------------------

    def _one_frame(self) -> list[Event]:
        assert self._state is not None
        assert self._frame_BC is not None
        step = self.stepper.step(self._frame_BC, self._state)
        self._state = step.state
        self._frame_BC = functional.pad(step.mean_BC, (0, 1))
        goes_B, ends_B = functional.logsigmoid(-step.odds_B), functional.logsigmoid(step.odds_B)
        events: list[Event] = []
        staying = []
        said = zip(self._running, step.mean_BC.tolist(), goes_B.tolist(), ends_B.tolist(), strict=True)
        for place, (row, mean, goes, ends) in enumerate(said):
            least = max(1, row.request.min_length)
            if len(row.frames) == row.limit or (len(row.frames) >= least and ends > goes):
                row.logps.append(ends)
                events.append(Finished(id=row.id, answer=_answer(row)))
            else:
                row.frames.append(tuple(mean))
                row.logps.append(goes - len(mean) / 2 * math.log(2 * math.pi))
                staying.append(place)
        if events:
            self._keep(staying)
        return events

    def _keep(self, places: Sequence[int]) -> None:
        """These rows go on; the others are forgotten."""
        if len(places) == len(self._running):
            return
        self._running = [self._running[place] for place in places]
        if not places or self._state is None or self._frame_BC is None:
            self._state = self._frame_BC = None
            return
        rows_B = torch.tensor(places, device=self._frame_BC.device)
        self._state, self._frame_BC = self._state.select(rows_B), self._frame_BC[rows_B]

    def _scored(self, pair: Pair) -> Scored:
        target_TC = torch.as_tensor(pair.target, device=self.device)
        longest = self.stepper.longest
        if longest is not None and len(target_TC) >= longest:
            raise DecodingError(
                f"a target must have at most {longest - 1} frames, but one has {len(target_TC)}. Shorten it."
            )
        state = self.stepper.start(collate([pair.source], device=self.device))
        frame_BC = self._before(1).to(target_TC.dtype)
        logps: list[float] = []
        for place in range(len(target_TC) + 1):
            step = self.stepper.step(frame_BC, state)
            state = step.state
            if place == len(target_TC):
                logps.append(float(functional.logsigmoid(step.odds_B)))
                break
            frame_BC = functional.pad(target_TC[None, place], (0, 1))
            far_C = target_TC[place] - step.mean_BC[0]
            density = -(float(far_C.square().sum()) + len(far_C) * math.log(2 * math.pi)) / 2
            logps.append(float(functional.logsigmoid(-step.odds_B)) + density)
        return Scored(logp=math.fsum(logps), token_logps=tuple(logps))


def _answer(row: _Open) -> Answer:
    """Its log-probability is the density of the frames at their means, and the probability of where it ends."""
    logp = math.fsum(row.logps)
    return Answer(tokens=(), frames=tuple(row.frames), score=logp, logp=logp, token_logps=tuple(row.logps))

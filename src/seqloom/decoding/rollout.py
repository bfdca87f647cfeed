"""The engine of real-valued answers: each frame is the mean of its Gaussian, and is read to make the next.

The mode of a Gaussian is its mean, so there is nothing to search for: a wider beam would hold the same answer. What may
come besides is told by paths, whose frames are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from seqloom.core.errors import DecodingError, SeqloomError
from seqloom.core.specials import Specials
from seqloom.decoding.collate import Layout, collate
from seqloom.decoding.queue import Queue
from seqloom.decoding.request import Answer, BeamSearch, Event, Failed, Finished, Pair, Paths, Request, Scored
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import State
from seqloom.nn.vectors import FrameDensity

__all__ = ["FrameStep", "FrameStepper", "Rollout"]


@dataclass(frozen=True, kw_only=True)
class FrameStep:
    """What is said of the frame after the one that was read."""

    density: FrameDensity
    """A row a path."""
    state: State


class FrameStepper(Protocol):
    """A model, or whatever else takes steps from frame to frame."""

    vocabulary: Specials
    joins: bool
    longest: int | None

    def start(self, source: SourceBatch, *, beams: int) -> State:
        """``beams`` paths a source, next to each other."""
        ...

    def step(self, frame_NC: Tensor, state: State) -> FrameStep:
        """``frame_NC`` has the edge behind its channels: 1 in the frame before the first."""
        ...


class _Open:
    """A request being answered: its one path of means, or its K drawn ones."""

    def __init__(self, request: Request, *, limit: int) -> None:
        self.request = request
        self.limit = limit
        self.paths = _paths(request)
        self.frames: list[NDArray[Any]] = []
        """(K, C) each, with NaN where a path has ended."""
        self.logps: list[float] = []
        """Of each frame and of the end, over the paths that get there."""
        self._going_K = np.ones(self.paths, bool)
        search = request.search
        self._chance = torch.Generator().manual_seed(search.seed) if isinstance(search, Paths) else None
        """From the processor, so that neither the batch nor the device changes what is drawn."""

    @property
    def id(self) -> Hashable:
        return self.request.id

    def noise(self, channels: int) -> Tensor:
        """How far from its mean the next frame of each path is, in spreads."""
        if self._chance is None:
            return torch.zeros(1, channels)
        return torch.randn(self.paths, channels, generator=self._chance)

    def take(self, frames_KC: NDArray[Any], logp_K: NDArray[Any], goes_K: NDArray[Any], ends_K: NDArray[Any]) -> bool:
        """The next frames, and whether the answer goes on. It is as long as half of the paths are at least."""
        over_K = self._over(goes_K, ends_K) & self._going_K
        self.logps.append(float(np.where(over_K, ends_K, goes_K + logp_K)[self._going_K].mean()))
        self._going_K &= ~over_K
        if 2 * self._going_K.sum() < self.paths:
            return False
        self.frames.append(np.where(self._going_K[:, None], frames_KC, np.nan))
        return True

    def _over(self, goes_K: NDArray[Any], ends_K: NDArray[Any]) -> NDArray[Any]:
        if len(self.frames) < max(1, self.request.min_length):
            return np.zeros(self.paths, bool)
        if len(self.frames) == self.limit:
            return np.ones(self.paths, bool)
        if self._chance is None:
            return np.asarray(ends_K > goes_K)
        return np.asarray(torch.rand(self.paths, generator=self._chance).numpy() < np.exp(ends_K))

    def answer(self) -> Answer:
        """Its log-probability is the density of the frames and the probability of where they end; of drawn paths, the
        mean of theirs."""
        logp, frames_TKC = math.fsum(self.logps), np.stack(self.frames)
        search = self.request.search
        shares = search.quantiles if isinstance(search, Paths) else ()
        return Answer(
            tokens=(),
            frames=_frames(frames_TKC[:, 0] if self._chance is None else np.nanmedian(frames_TKC, axis=1)),
            quantiles={share: _frames(np.nanquantile(frames_TKC, share, axis=1)) for share in shares},
            score=logp,
            logp=logp,
            token_logps=tuple(self.logps),
        )


class Rollout:
    """Rows side by side in one batch; a row that has ended makes room for one that waits, where states can join.

    An answer ends where the end is likelier than another frame, but not before ``min_length`` frames and always at
    ``max_length``; where both are one number, that is how many frames it has. The ends of paths are drawn.
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
        self._frame_NC: Tensor | None = None

    # ---- the engine --------------------------------------------------------------------------------------------------

    def refuses(self, request: Request) -> str | None:
        """Why the request cannot be answered; None if it can."""
        if line := self._queue.refuses(request):
            return line
        asked = {
            "search": not isinstance(request.search, BeamSearch | Paths),
            "nbest": request.nbest != 1,
            "constraints": bool(request.constraints),
            "stream": request.stream,
            "attention": request.attention,
        }
        if wrong := next((name for name, there in asked.items() if there), None):
            return f"`{wrong}` must be left out, because an answer of vectors is its mean or median, frame by frame."
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
        """Those at the head of the queue that can lie beside each other, and beside those that run."""

        def alike(request: Request) -> Hashable:
            return Layout.of(request.source), _paths(request)

        wanted = alike(self._running[0].request if self._running else self._queue.waiting[0])
        group: list[Request] = []
        while self._queue.waiting and len(group) < room and alike(self._queue.waiting[0]) == wanted:
            group.append(self._queue.waiting.popleft())
        return group

    def _start(self, group: Sequence[Request]) -> list[Event]:
        """A source that the model cannot read fails alone: halves are tried until it is found."""
        if not group:
            return []
        paths = _paths(group[0])
        try:
            sources = collate([request.source for request in group], device=self.device)
            state: Any = self.stepper.start(sources, beams=paths)
        except SeqloomError as error:
            if len(group) == 1:
                return [Failed(id=group[0].id, error=DecodingError(str(error)))]
            middle = len(group) // 2
            first = self._start(group[:middle])
            if self.stepper.joins or not self._running:
                return first + self._start(group[middle:])
            self._queue.waiting.extendleft(reversed(group[middle:]))
            return first
        frame_NC = self._before(len(group) * paths)
        if self._state is not None and self._frame_NC is not None:
            state = self._state.join(state)
            frame_NC = torch.cat([self._frame_NC, frame_NC])
        self._state, self._frame_NC = state, frame_NC
        self._running += [_Open(request, limit=self._limit(request)) for request in group]
        return []

    def _before(self, rows: int) -> Tensor:
        """The frame before the first."""
        frame_NC = torch.zeros(rows, self.stepper.vocabulary.channels + 1, device=self.device)
        frame_NC[:, -1] = 1
        return frame_NC

    # ---- going on ----------------------------------------------------------------------------------------------------

    def _one_frame(self) -> list[Event]:
        assert self._state is not None
        assert self._frame_NC is not None
        step = self.stepper.step(self._frame_NC, self._state)
        self._state, said = step.state, step.density
        noise_NC = torch.cat([row.noise(said.mean_PC.shape[1]) for row in self._running]).to(said.mean_PC)
        self._frame_NC = functional.pad(said.mean_PC + said.scale_PC * noise_NC, (0, 1))
        events: list[Event] = []
        staying = []
        kinds = (
            self._frame_NC[:, :-1],
            -(noise_NC.square() + math.log(2 * math.pi)).sum(-1) / 2 - said.scale_PC.log().sum(-1),
            functional.logsigmoid(-said.odds_P),
            functional.logsigmoid(said.odds_P),
        )
        by_row = (kind.cpu().numpy().reshape(len(self._running), -1, *kind.shape[1:]) for kind in kinds)
        for place, (row, *taken) in enumerate(zip(self._running, *by_row, strict=True)):
            if row.take(*taken):
                staying.append(place)
            else:
                events.append(Finished(id=row.id, answer=row.answer()))
        if events:
            self._keep(staying)
        return events

    def _keep(self, places: Sequence[int]) -> None:
        """These rows go on; the others are forgotten."""
        if len(places) == len(self._running):
            return
        self._running = [self._running[place] for place in places]
        if not places or self._state is None or self._frame_NC is None:
            self._state = self._frame_NC = None
            return
        rows_B = torch.tensor(places, device=self._frame_NC.device)
        self._state = self._state.select(rows_B)
        self._frame_NC = self._frame_NC.unflatten(0, (-1, self._running[0].paths))[rows_B].flatten(0, 1)

    def _scored(self, pair: Pair) -> Scored:
        target_TC = torch.as_tensor(pair.target, device=self.device)
        longest = self.stepper.longest
        if longest is not None and len(target_TC) >= longest:
            raise DecodingError(
                f"a target must have at most {longest - 1} frames, but one has {len(target_TC)}. Shorten it."
            )
        state = self.stepper.start(collate([pair.source], device=self.device), beams=1)
        edged_TC = functional.pad(target_TC, (0, 1))
        end_1C = self._before(1).to(target_TC.dtype)
        logps: list[float] = []
        for read_1C, said_1C in zip(
            torch.cat([end_1C, edged_TC])[:, None], torch.cat([edged_TC, end_1C])[:, None], strict=True
        ):
            step = self.stepper.step(read_1C, state)
            state = step.state
            logps.append(float(step.density.logp_P(said_1C)))
        return Scored(logp=math.fsum(logps), token_logps=tuple(logps))


def _paths(request: Request) -> int:
    return request.search.paths if isinstance(request.search, Paths) else 1


def _frames(frames_TC: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, frames_TC.tolist()))

"""Beam search by the kernels from the first step to the last, for requests that want nothing more."""

from __future__ import annotations

import ctypes
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import finalize

import torch
from torch import Tensor

from seqloom.core.errors import DecodingError
from seqloom.decoding.collate import Layout, collate
from seqloom.decoding.progress import no_answer, not_a_number
from seqloom.decoding.queue import Queue
from seqloom.decoding.refusals import fault, longest_answer
from seqloom.decoding.request import Answer, BeamSearch, Event, Failed, Finished, Pair, Request, Scored
from seqloom.decoding.runs import each_by_itself
from seqloom.engines.native.compiled import kernels
from seqloom.engines.native.packing import FLOAT, INT, POINTER, address
from seqloom.engines.native.stepper import NativeStepper, Packed

__all__ = ["NativeSearch"]

_MOST_STEPS = 16
"""Steps that are taken before anyone who wants to cancel is listened to."""
_TOGETHER = 8
"""One place in so many is free before others are read: reading a few at once is faster than one by one."""
_ANSWERED, _EMPTY = 1, 2


class AskedTable(ctypes.Structure):
    _fields_ = [
        *((name, POINTER) for name in ("memory", "cell", "list")),
        ("list_length", ctypes.c_int64),
        ("alpha", ctypes.c_double),
        *((name, INT) for name in ("source_length", "width", "nbest", "min_length", "limit", "penalty")),
    ]


class ToldTable(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_double) for name in ("score", "total")),
        ("tokens", ctypes.POINTER(ctypes.c_int32)),
        ("logps", ctypes.POINTER(FLOAT)),
        ("length", INT),
    ]


class NativeSearch:
    """An ``Engine``: what ``Search`` would answer with the same stepper, in a twentieth of the calls.

    Requests wait in a queue, and take the place of those that are over. ``refuses`` everything that is more than a beam
    of tokens with limits to its length: constraints, attention, streaming, other ways to search.
    """

    def __init__(self, stepper: NativeStepper, *, max_rows: int = 64) -> None:
        """``max_rows``: hypotheses of all sources that are searched side by side."""
        self.stepper = stepper
        self.max_rows = max_rows
        self._queue = Queue()
        self._pool: _Pool | None = None

    def refuses(self, request: Request) -> str | None:
        more = {
            "another way to search": type(request.search) is not BeamSearch,
            "constraints": request.constraints,
            "attention": request.attention or request.coverage_penalty,
            "streaming": request.stream,
        }
        for name, wanted in more.items():
            if wanted:
                return f"The kernels' own search knows nothing of {name}. Take the engine that does."
        stepper = self.stepper
        return self._queue.refuses(request) or fault(
            request, longest=stepper.longest, order=stepper.order, size=stepper.vocabulary.size
        )

    def admit(self, requests: Sequence[Request]) -> None:
        self._queue.admit(requests, self.refuses)

    @torch.inference_mode()
    def step(self) -> list[Event]:
        """Take steps until some answer is there, but not too many."""
        refused = self._queue.refused()
        events = self._start_waiting()
        if self._pool is not None:
            events += self._pool.run(_MOST_STEPS)
        self._queue.over(events)
        return refused + events

    def cancel(self, ids: Sequence[Hashable]) -> None:
        dropped = set(ids)
        self._queue.cancel(dropped)
        if self._pool is not None:
            self._pool.drop(dropped)

    def score(self, pairs: Sequence[Pair]) -> list[Scored]:
        raise DecodingError("The kernels' own search scores nothing. Take the engine that does.")

    def _start_waiting(self) -> list[Event]:
        """Those that have a place, if there are enough of them to be read together."""
        waiting, pool = self._queue.waiting, self._pool
        if not waiting:
            return []
        if pool is None or not pool.running:
            pool = self._pool = self._pool_for(waiting[0].beams)
        if pool.free < min(len(waiting), max(1, pool.places // _TOGETHER)):
            return []
        group: list[Request] = []
        layout = Layout.of(waiting[0].source)
        while waiting and len(group) < pool.free and waiting[0].beams <= pool.beams:
            if Layout.of(waiting[0].source) != layout:
                break
            group.append(waiting.popleft())
        return each_by_itself(group, pool.admit) if group else []

    def _pool_for(self, beams: int) -> _Pool:
        packed, pool = self.stepper.packed(), self._pool
        if pool is not None and pool.beams == beams and pool.packed is packed:
            return pool
        return _Pool(self.stepper, packed, beams=beams, places=max(1, self.max_rows // beams))


@dataclass(frozen=True, kw_only=True)
class _Running:
    request: Request
    held: tuple[Tensor | None, ...]
    """What the kernels read of it."""


class _Pool:
    """Places for sources, each with a beam; what the library holds of it goes when this goes."""

    def __init__(self, stepper: NativeStepper, packed: Packed, *, beams: int, places: int) -> None:
        library = kernels()
        assert library is not None, "whoever has a native stepper has them"
        self.packed, self.beams, self.places = packed, beams, places
        self._stepper, self._library = stepper, library
        self._running: dict[int, _Running] = {}
        family, lists = packed.family, stepper.plain.shortlist is not None
        step = ctypes.cast(getattr(library, family.function), POINTER)
        tables = map(ctypes.addressof, (family.table, packed.output))
        self._search = library.search_new(step, *tables, places, beams, family.past, family.cell, lists)
        if not self._search:
            raise MemoryError
        finalize(self, library.search_free, self._search)
        self._over, self._how = (INT * places)(), (INT * places)()

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def free(self) -> int:
        return self.places - len(self._running)

    def admit(self, requests: Sequence[Request]) -> None:
        vocabulary = self._stepper.vocabulary
        read = self._stepper.read(collate([request.source for request in requests]))
        limits = [longest_answer(request, self._stepper.longest) for request in requests]
        self.packed.family.reach(max(limits) + 1)
        lengths = read.length_B.tolist()
        for place, (request, limit) in enumerate(zip(requests, limits, strict=True)):
            cell_X = None if read.cell_BX is None else read.cell_BX[place].contiguous()
            list_V = None if read.lists is None else read.lists.lists[place]
            memory_SX = read.memories[place]
            asked = AskedTable(
                memory=address(memory_SX),
                cell=address(cell_X),
                list=address(list_V),
                list_length=0 if list_V is None else len(list_V),
                alpha=request.length_penalty.alpha,
                source_length=lengths[place],
                width=request.beams,
                nbest=request.nbest,
                min_length=request.min_length,
                limit=limit,
                penalty=("none", "average", "wu").index(request.length_penalty.kind),
            )
            slot = self._library.search_admit(self._search, ctypes.byref(asked), vocabulary.bos)
            self._running[slot] = _Running(request=request, held=(memory_SX, cell_X, list_V))

    def run(self, steps: int) -> list[Event]:
        if not self._running:
            return []
        count = self._library.search_run(self._search, torch.get_num_threads(), steps, self._over, self._how)
        if count < 0:
            raise MemoryError
        return [self._event(slot, how) for slot, how in zip(self._over[:count], self._how[:count], strict=True)]

    def drop(self, ids: set[Hashable]) -> None:
        for slot in [slot for slot, each in self._running.items() if each.request.id in ids]:
            self._leave(slot)

    def _leave(self, slot: int) -> _Running:
        self._library.search_leave(self._search, slot)
        return self._running.pop(slot)

    def _event(self, slot: int, how: int) -> Event:
        request = self._leave(slot).request
        if how != _ANSWERED:
            length = self._library.search_length(self._search, slot)
            line = no_answer(length) if how == _EMPTY else not_a_number(length)
            return Failed(id=request.id, error=DecodingError(line))
        told = ctypes.POINTER(ToldTable)()
        found = self._library.search_found(self._search, slot, ctypes.byref(told))
        first, *others = map(_answer, told[:found])
        return Finished(id=request.id, answer=replace(first, alternatives=tuple(others)))


def _answer(told: Any) -> Answer:
    length = told.length
    return Answer(
        tokens=tuple(told.tokens[:length]),
        score=told.score,
        logp=told.total,
        token_logps=tuple(told.logps[: length + 1]),
    )

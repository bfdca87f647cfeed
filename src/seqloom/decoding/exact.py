"""Exact search: depth first, with every branch cut that cannot win any more."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.decoding.collate import collate
from seqloom.decoding.columns import Columns
from seqloom.decoding.observer import Observer
from seqloom.decoding.progress import Progress, common_prefix
from seqloom.decoding.request import Event, ExactSearch, Piece, Request
from seqloom.decoding.run import NO_ATTENTION, Kind, as_answer
from seqloom.decoding.stepper import Step, Stepper
from seqloom.nn.state import State

__all__ = ["BranchAndBound"]

_FIRST_BRANCHES = 128
"""How many of a level's branches are ranked at first; most levels need no more."""


class _Node(NamedTuple):
    """A beginning of an answer."""

    tokens: tuple[int, ...]
    logps: tuple[float, ...]
    total: float
    remembered: Hashable
    """By the constraints."""
    looks: tuple[Tensor, ...]


@dataclass
class _Level:
    """Up to K beginnings of one length that have been read, and the branches from them that are still open."""

    state: State
    """Of one source and K rows."""
    nodes: list[_Node]
    logp_KV: Tensor
    """-inf where a token is barred, the end among them: answers are taken out at once."""
    total_C: Tensor
    """Of every branch, row after row."""
    ids: Callable[[Tensor], Tensor]
    looks_KS: Tensor | None
    order: list[tuple[float, int]]
    """The best branches (log-probability and place), best last: they are taken from the end."""
    ranked: int

    @property
    def length(self) -> int:
        return len(self.nodes[0].tokens)

    def best(self) -> float:
        """The log-probability of the best open branch; -inf: there is none."""
        if not self.order and self.ranked < len(self.total_C):
            total_C, place_C = self.total_C.sort(descending=True, stable=True)
            rest = list(zip(total_C[self.ranked :].tolist(), place_C[self.ranked :].tolist(), strict=True))
            self.order, self.ranked = rest[::-1], len(self.total_C)
        return self.order[-1][0] if self.order else -math.inf


class _Tree:
    """The search for one source: a stack of levels, each grown from branches of the one below it.

    The first way down is a beam search, K wide, so that a good answer is known before the first branch is cut.
    """

    def __init__(self, progress: Progress, state: State, *, beams: int, bos: int) -> None:
        self.progress = progress
        assert isinstance(progress.request.search, ExactSearch)
        self.most = progress.request.search.most
        self.beams = beams
        self.num_read = 0
        self.levels: list[_Level] = []
        remembered = None if progress.guard is None else progress.guard.start()
        self._reading = [_Node((), (), 0.0, remembered, ())]
        self._state: State | None = state
        self._tokens = [bos] * beams

    def next(self) -> tuple[list[int], State]:
        """What to read: a token for each of K rows, and the state before them."""
        assert self._state is not None
        state, self._state = self._state, None
        return self._tokens, state

    def read(self, step: Step, columns: Columns, *, attends: bool) -> list[Event]:
        """What came of it."""
        progress, nodes = self.progress, self._reading
        progress.length = len(nodes[0].tokens)
        self.num_read += len(nodes)
        logp_KV = step.exact_NV[: len(nodes)]
        if logp_KV.isnan().any():
            return [progress.nan()]
        self._bar(logp_KV, columns)
        looks_KS = None
        if attends and step.attention_NS is not None:
            looks_KS = step.attention_NS[: len(nodes)].float().cpu()
            looks_KS = looks_KS if step.mask_BS is None else looks_KS[:, step.mask_BS[0].cpu()]
        self._take_answers(logp_KV, columns, looks_KS)
        logp_KV[:, columns.end] = -math.inf
        total_K1 = torch.tensor([node.total for node in nodes], dtype=logp_KV.dtype, device=logp_KV.device)[:, None]
        total_C = (total_K1 + logp_KV).flatten()
        best_R, place_R = total_C.topk(min(_FIRST_BRANCHES, len(total_C)))
        order = list(zip(best_R.tolist(), place_R.tolist(), strict=True))[::-1]
        self.levels.append(_Level(step.state, nodes, logp_KV, total_C, columns.ids, looks_KS, order, ranked=len(order)))
        return self._descend()

    def _bar(self, logp_KV: Tensor, columns: Columns) -> None:
        progress = self.progress
        columns.bar_specials(logp_KV)
        if progress.length < progress.request.min_length:
            columns.bar_end(logp_KV[None], [0])
        if progress.length == progress.limit:
            columns.only_end(logp_KV[None], [0])
        elif progress.guard is not None:
            for logp_V, node in zip(logp_KV, self._reading, strict=True):
                progress.guard.mask(logp_V, node.remembered, length=progress.length, columns=columns)

    def _take_answers(self, logp_KV: Tensor, columns: Columns, looks_KS: Tensor | None) -> None:
        """Every beginning may end here, unless the end is barred."""
        progress = self.progress
        for row, (node, logp) in enumerate(zip(self._reading, logp_KV[:, columns.end].tolist(), strict=True)):
            score = progress.score(node.total + logp)
            if logp > -math.inf and progress.wants(score):
                looks_TS = None if looks_KS is None else torch.stack([*node.looks, looks_KS[row]])
                logps = [*node.logps, logp]
                progress.add(as_answer(progress.request, node.total + logp, score, list(node.tokens), logps, looks_TS))

    def _descend(self) -> list[Event]:
        """Choose the branches that are read next; where none can win any more, the search is over."""
        while self.levels:
            level = self.levels[-1]
            self._reading, parents = self._branches(level)
            if not self._reading:
                self.levels.pop()
                continue
            if self.num_read >= self.most:
                break
            spare = self.beams - len(parents)
            self._tokens = [node.tokens[-1] for node in self._reading] + [self._reading[0].tokens[-1]] * spare
            rows_K = torch.tensor(parents + parents[:1] * spare, device=level.total_C.device)
            self._state = level.state.reorder(rows_K)
            return self.progress.piece(self._settled())
        proven = not self.levels
        if not self.progress.found and not proven:
            return [self.progress.failed(_NOT_FOUND.format(self.most))]
        return self.progress.verdict(proven=proven)

    def _branches(self, level: _Level) -> tuple[list[_Node], list[int]]:
        """The K best open branches of a level that can still win, and the rows that they go on from."""
        progress = self.progress
        progress.length = level.length + 1
        floor = progress.floor()
        width = level.logp_KV.shape[1]
        nodes: list[_Node] = []
        rows: list[int] = []
        while len(nodes) < self.beams and level.best() > floor:
            total, place = level.order.pop()
            row, column = divmod(place, width)
            node = level.nodes[row]
            token = int(level.ids(torch.tensor([column], device=level.total_C.device)))
            remembered = None
            if progress.guard is not None:
                remembered = progress.guard.advance(node.remembered, token)
                if not progress.guard.fits(remembered, progress.length):
                    continue
            looks = node.looks if level.looks_KS is None else (*node.looks, level.looks_KS[row])
            logps = (*node.logps, level.logp_KV[row, column].item())
            nodes.append(_Node((*node.tokens, token), logps, total, remembered, looks))
            rows.append(row)
        return nodes, rows

    def _settled(self) -> tuple[int, ...]:
        """What all open branches and the best answer begin with: the lowest open level holds all that are open."""
        if not self.progress.request.stream:
            return ()
        self.levels = [level for level in self.levels[:-1] if self._is_open(level)] + self.levels[-1:]
        lowest = self.levels[0]
        open_nodes = self._reading if lowest is self.levels[-1] and not self._is_open(lowest) else lowest.nodes
        return common_prefix([node.tokens for node in open_nodes] + [each.tokens for each in self.progress.found[:1]])

    def _is_open(self, level: _Level) -> bool:
        self.progress.length = level.length + 1
        return level.best() > self.progress.floor()


class BranchAndBound:
    """Stahlberg & Byrne 2019, section 4, for several sources at once and K beginnings of each: a ``Run``.

    Sources stand at different depths, so a step joins the states of all and takes them apart again. There is no beam,
    and no observer sees one.
    """

    def __init__(
        self,
        stepper: Stepper,
        requests: Sequence[Request],
        *,
        beams: int,
        observer: Observer | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.stepper = stepper
        self.beams = beams
        self.kind = Kind.of(requests[0])
        self._device = device
        vocabulary = stepper.vocabulary
        source = collate([request.source for request in requests], device=device)
        state = stepper.start(source, beams=beams, attention=self.kind.attention)
        self._trees = [
            _Tree(
                Progress(request, beams=beams, longest=stepper.longest, vocabulary=vocabulary, device=device),
                state.select(torch.tensor([place], device=device)),
                beams=beams,
                bos=vocabulary.bos,
            )
            for place, request in enumerate(requests)
        ]

    @property
    def num_rows(self) -> int:
        """Sources × beams."""
        return len(self._trees) * self.beams

    def join(self, other: BranchAndBound) -> None:
        """Append sources that have just started."""
        self._trees += other._trees

    def keep(self, wanted: Callable[[Hashable], bool]) -> None:
        """Let all other sources go."""
        self._trees = [tree for tree in self._trees if wanted(tree.progress.request.id)]

    def step(self) -> list[Event]:
        """Read K more beginnings for every source."""
        events: list[Event] = []
        for tree, step in zip(self._trees, self._steps(), strict=True):
            if self.kind.attention and step.attention_NS is None:
                events.append(tree.progress.failed(NO_ATTENTION))
                continue
            columns = Columns(
                step.columns_V,
                width=step.logp_NV.shape[1],
                vocabulary=self.stepper.vocabulary,
                device=step.logp_NV.device,
            )
            events += tree.read(step, columns, attends=self.kind.attention)
        over = {event.id for event in events if not isinstance(event, Piece)}
        self.keep(lambda id: id not in over)
        return events

    def _steps(self) -> list[Step]:
        """One step a source, taken together where states at different depths can be."""
        reading = [tree.next() for tree in self._trees]
        if not self.stepper.joins:
            return [self.stepper.step(torch.tensor(tokens, device=self._device), state) for tokens, state in reading]
        state = reading[0][1]
        for _, other in reading[1:]:
            state = state.join(other)
        tokens_N = torch.tensor([token for tokens, _ in reading for token in tokens], device=self._device)
        together = self.stepper.step(tokens_N, state)
        return [self._alone(together, place) for place in range(len(reading))] if len(reading) > 1 else [together]

    def _alone(self, step: Step, place: int) -> Step:
        """A source's share of a step."""
        rows_N = slice(place * self.beams, (place + 1) * self.beams)
        return Step(
            logp_NV=step.logp_NV[rows_N],
            state=step.state.select(torch.tensor([place], device=self._device)),
            columns_V=step.columns_V,
            attention_NS=None if step.attention_NS is None else step.attention_NS[rows_N],
            mask_BS=None if step.mask_BS is None else step.mask_BS[place : place + 1],
        )


_NOT_FOUND = (
    "an answer must be found within `search.most`, {} beginnings, but none was. Raise it, or loosen `constraints`."
)

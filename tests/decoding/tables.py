"""A model without neural parts: its log-probabilities stand in a table. And slow, plain searches to compare with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.decoding.constraints.basic import Every
from seqloom.decoding.request import AllBut, Failed, Finished, Only, Piece, Request, Source
from seqloom.decoding.search import Search
from seqloom.decoding.stepper import Step
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import BeamRows, State

PAD, BOS, EOS, UNK = 0, 1, 2, 3


@dataclass(frozen=True, kw_only=True)
class Past(BeamRows):
    """The token before the one to be read, and what each source is known by."""

    before_N: Tensor
    key_B: Tensor
    own_B: Tensor
    mask_BS: Tensor


class Table:
    """A trigram model for each kind of source: ``logits[key, before, last]``, with key = sum of the ids mod keys."""

    def __init__(
        self,
        seed: int = 0,
        *,
        size: int = 6,
        keys: int = 3,
        sharpness: float = 2.0,
        joins: bool = True,
        longest: int | None = None,
        order: int | None = None,
        shortlist: Sequence[int] | None = None,
        copies: bool = False,
        attends: bool = True,
    ) -> None:
        chance = torch.Generator().manual_seed(seed)
        self.vocabulary = Specials(size=size)
        self.logits = torch.randn(keys, size, size, size, generator=chance) * sharpness
        if order is not None:  # 2 is all it depends on anyway
            self.logits = self.logits[:, :1].expand_as(self.logits).clone()
        if order == 0:
            self.logits = self.logits[:, :, :1].expand_as(self.logits).clone()
        self.order = order
        self.own_logits = torch.randn(keys, size, 3, generator=chance)
        self.looks = torch.randn(keys, size, 16, generator=chance) * 2
        self.joins, self.longest, self.copies, self.attends = joins, longest, copies, attends
        self.shortlist = None if shortlist is None else torch.tensor(shortlist)
        self.steps = 0

    def start(self, source: SourceBatch, *, beams: int, attention: bool = False) -> State:
        text = source.parts["text"]
        own_B = torch.zeros(len(text.mask_BS), dtype=torch.long)
        if self.copies and source.copy_BS is not None:
            own_B = (source.copy_BS.amax(dim=1) - self.vocabulary.size + 1).clamp(min=0)
        return Past(
            beams=beams,
            before_N=torch.zeros(len(text.mask_BS) * beams, dtype=torch.long),
            key_B=(text.values * text.mask_BS).sum(dim=1) % len(self.logits),
            own_B=own_B,
            mask_BS=text.mask_BS,
        )

    def step(self, tokens_N: Tensor, state: State) -> Step:
        assert isinstance(state, Past)
        self.steps += 1
        known_N = torch.where(tokens_N < self.vocabulary.size, tokens_N, UNK)
        key_N = state.key_B.repeat_interleave(state.beams)
        logits_NV = self.logits[key_N, state.before_N, known_N]
        logits_NV[:, PAD] = -math.inf
        if self.copies:
            own_NO = self.own_logits[key_N, known_N][:, : int(state.own_B.max())]
            absent_NO = torch.arange(own_NO.shape[1]) >= state.own_B.repeat_interleave(state.beams)[:, None]
            logits_NV = torch.cat([logits_NV, own_NO.masked_fill(absent_NO, -math.inf)], dim=1)
        if self.shortlist is not None:
            logits_NV = logits_NV[:, self.shortlist]
        mask_NS = state.mask_BS.repeat_interleave(state.beams, dim=0)
        looks_NS = self.looks[key_N, known_N][:, : mask_NS.shape[1]].masked_fill(~mask_NS, -math.inf)
        return Step(
            logp_NV=logits_NV.log_softmax(dim=-1),
            state=Past(
                beams=state.beams, before_N=known_N, key_B=state.key_B, own_B=state.own_B, mask_BS=state.mask_BS
            ),
            columns_V=self.shortlist,
            attention_NS=looks_NS.softmax(dim=-1) if self.attends else None,
            mask_BS=state.mask_BS,
        )

    def after(self, source: Source, prefix: Sequence[int]) -> dict[int, float]:
        """The log-probability of each token after a prefix, one step at a time, for one source alone."""
        text = torch.tensor([list(source.parts["text"])])
        key = int(text.sum()) % len(self.logits)
        before, last = [PAD, BOS, *(token if token < self.vocabulary.size else UNK for token in prefix)][-2:]
        logits = {token: float(self.logits[key, before, last, token]) for token in range(1, self.vocabulary.size)}
        if self.copies and source.copy is not None:
            for own in range(max(source.copy) - self.vocabulary.size + 1):
                logits[self.vocabulary.size + own] = float(self.own_logits[key, last, own])
        if self.shortlist is not None:
            logits = {token: logits[token] for token in self.shortlist.tolist()}
        norm = math.log(sum(math.exp(logit) for logit in logits.values()))
        return {token: logit - norm for token, logit in logits.items()}


def source(*ids: int, copy: Sequence[int] | None = None) -> Source:
    return Source(parts={"text": list(ids)}, copy=copy)


def ask(id: object, *ids: int, **choices: Any) -> Request:
    return Request(**{"id": id, "source": source(*(ids or (3,))), "max_length": 5} | choices)


@dataclass(frozen=True)
class Plain:
    """An answer as the slow searches give it."""

    tokens: tuple[int, ...]
    logps: tuple[float, ...]
    score: float


def may_follow(request: Request, limit: int, tokens: tuple[int, ...], token: int) -> bool:
    """Whether the request lets the token follow: length, constraints, and no dead end by length."""
    constraint: Any = Every(request.constraints)
    state = constraint.start()
    for said in tokens:
        state = constraint.advance(state, said)
    if token == EOS:
        return len(tokens) >= request.min_length and constraint.missing(state) == 0
    if token in (PAD, BOS) or len(tokens) == limit:
        return False
    allowed = constraint.allowed(state)
    if isinstance(allowed, Only) and token not in allowed.ids:
        return False
    if isinstance(allowed, AllBut) and token in allowed.ids:
        return False
    return constraint.missing(constraint.advance(state, token)) <= limit - len(tokens) - 1


def beam_search(table: Table, request: Request) -> list[Plain]:
    """The textbook's, with lists; it never stops early."""
    limit = request.max_length if table.longest is None else min(request.max_length, table.longest - 1)
    alive: list[tuple[tuple[int, ...], tuple[float, ...]]] = [((), ())]
    found: list[Plain] = []
    while alive:
        longer = [
            ((*tokens, token), (*logps, logp))
            for tokens, logps in alive
            for token, logp in table.after(request.source, tokens).items()
            if may_follow(request, limit, tokens, token)
        ]
        longer.sort(key=lambda each: -math.fsum(each[1]))
        alive = []
        for tokens, logps in longer[: request.beams]:
            if tokens[-1] == EOS:
                found.append(Plain(tokens[:-1], logps, math.fsum(logps) / request.length_penalty(len(tokens))))
            else:
                alive.append((tokens, logps))
    return sorted(found, key=lambda each: -each.score)[: request.nbest]


def greedy(table: Table, request: Request) -> tuple[int, ...]:
    tokens: tuple[int, ...] = ()
    while True:
        logps = table.after(request.source, tokens)
        best = max((token for token in logps if may_follow(request, request.max_length, tokens, token)), key=logps.get)
        if best == EOS:
            return tokens
        tokens = (*tokens, best)


def every_answer(table: Table, request: Request) -> list[Plain]:
    """All there are within the request's limits, best first."""

    def grow(tokens: tuple[int, ...], logps: tuple[float, ...]) -> Iterator[Plain]:
        for token, logp in table.after(request.source, tokens).items():
            longer = (*logps, logp)
            if token == EOS and may_follow(request, request.max_length, tokens, token):
                yield Plain(tokens, longer, math.fsum(longer) / request.length_penalty(len(longer)))
            elif token != EOS and may_follow(request, request.max_length, tokens, token):
                yield from grow((*tokens, token), longer)

    return sorted(grow((), ()), key=lambda each: -each.score)


@dataclass(frozen=True)
class Outcome:
    """What came of some requests, by id."""

    finished: dict[object, Finished]
    failed: dict[object, str]
    pieces: dict[object, list[tuple[int, ...]]]


def run(engine: Search, requests: Sequence[Request], admit_at: Sequence[int] | None = None) -> Outcome:
    """Admit each request at its step, and step until nothing is left to answer."""
    waiting = sorted(zip(admit_at or [0] * len(requests), requests, strict=True), key=lambda each: each[0])
    outcome = Outcome({}, {}, {})
    for now in range(10_000):
        engine.admit([request for at, request in waiting if at == now])
        for event in engine.step():
            if isinstance(event, Piece):
                outcome.pieces.setdefault(event.id, []).append(event.tokens)
            elif isinstance(event, Failed):
                outcome.failed[event.id] = str(event.error)
            else:
                outcome.finished[event.id] = event
        if len(outcome.finished) + len(outcome.failed) == len(requests):
            return outcome
    raise AssertionError("the search does not end")

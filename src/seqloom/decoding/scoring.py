"""Given targets, forced through a stepper: what a model thinks of an answer that it did not choose."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

import torch
from torch import Tensor

from seqloom.core.errors import DecodingError
from seqloom.decoding.collate import Layout, collate, pad
from seqloom.decoding.request import Pair, Scored
from seqloom.decoding.stepper import Step, Stepper

__all__ = ["score"]


def score(stepper: Stepper, pairs: Sequence[Pair], *, max_rows: int, device: torch.device | None) -> list[Scored]:
    """In the order asked; targets of about one length are forced together."""
    for number, pair in enumerate(pairs, start=1):
        _check(number, pair, stepper)
    scored: dict[int, Scored] = {}
    for places in _batches(pairs, max_rows):
        scored |= zip(places, _forced(stepper, [pairs[place] for place in places], device), strict=True)
    return [scored[place] for place in range(len(pairs))]


def _check(number: int, pair: Pair, stepper: Stepper) -> None:
    vocabulary, longest = stepper.vocabulary, stepper.longest
    if longest is not None and len(pair.target) >= longest:
        raise DecodingError(
            f"`target` of pair {number} must have at most {longest - 1} tokens, but has {len(pair.target)}. Shorten it."
        )
    for token in pair.target:
        if token < 0 or token in (vocabulary.pad, vocabulary.bos, vocabulary.eos):
            raise DecodingError(
                f"`target` of pair {number} must have tokens of an answer only, but has id {token}. Leave it out."
            )


def _batches(pairs: Sequence[Pair], max_rows: int) -> Iterator[list[int]]:
    """The places of pairs that are forced together, longest target first."""

    def layout(place: int) -> Layout:
        return Layout.of(pairs[place].source)

    places = sorted(range(len(pairs)), key=lambda place: (layout(place), -len(pairs[place].target)))
    for _, alike in groupby(places, key=layout):
        together = list(alike)
        for first in range(0, len(together), max_rows):
            yield together[first : first + max_rows]


def _forced(stepper: Stepper, pairs: Sequence[Pair], device: torch.device | None) -> list[Scored]:
    lengths = [len(pair.target) + 1 for pair in pairs]
    eos = stepper.vocabulary.eos
    target_BT = pad([[*pair.target, eos] for pair in pairs], device=device)
    logps = []
    state = stepper.start(collate([pair.source for pair in pairs], device=device), beams=1)
    token_N = torch.full_like(target_BT[:, 0], stepper.vocabulary.bos)
    for place in range(max(lengths)):
        num_rows = sum(length > place for length in lengths)  # the longest come first, so the others are at the end
        if num_rows < len(token_N):
            state = state.select(torch.arange(num_rows, device=device))
            token_N = token_N[:num_rows]
        step = stepper.step(token_N, state)
        token_N, state = target_BT[:num_rows, place], step.state
        logps.append(_logp_of(token_N, step))
    rows = [row[:length] for row, length in zip(pad(logps).T.tolist(), lengths, strict=True)]
    return [Scored(logp=math.fsum(row), token_logps=tuple(row)) for row in rows]


def _logp_of(token_N: Tensor, step: Step) -> Tensor:
    """-inf where a step has no column for the token."""
    if step.columns_V is None:
        width = step.logp_NV.shape[1]
        logp_N = step.exact_NV.gather(1, token_N.clamp(max=width - 1)[:, None])[:, 0]
        return logp_N.masked_fill(token_N >= width, -math.inf)
    return step.exact_NV.masked_fill(step.columns_V != token_N[:, None], -math.inf).max(dim=-1).values

"""A search, watched: each step's hypotheses, and those that nearly were."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.decoding.request import Answer, Request, answer
from seqloom.decoding.search import Search
from seqloom.decoding.stepper import Step, Stepper
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import State

__all__ = ["Candidate", "Level", "watch"]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A token that may go behind a hypothesis of the level before."""

    beam: int
    """The hypothesis' place in its level."""
    token: int
    total: float
    """The log-probability of all its tokens; of what might have been chosen, of this token alone."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One step: who was chosen, in the places that they have from here on (None: empty), and the likeliest tokens."""

    chosen: tuple[Candidate | None, ...]
    likely: tuple[Candidate, ...]


class _Watched:
    """A stepper that remembers the likeliest tokens of each hypothesis. It ranks nothing itself: all must be seen."""

    def __init__(self, stepper: Stepper, *, beams: int) -> None:
        self.stepper = stepper
        self.vocabulary = stepper.vocabulary
        self.joins = stepper.joins
        self.longest = stepper.longest
        self.order = stepper.order
        self.beams = beams
        self.likely: tuple[Candidate, ...] = ()
        self.levels: list[Level] = []

    def start(self, source: SourceBatch, *, beams: int, attention: bool = False) -> State:
        return self.stepper.start(source, beams=beams, attention=attention)

    def step(self, tokens_N: Tensor, state: State) -> Step:
        step = self.stepper.step(tokens_N, state)
        # Twice the beam: as many again as can be chosen of one hypothesis. Copied now, for the search masks in place.
        logp_NC, column_NC = step.logp_NV.topk(min(2 * self.beams, step.logp_NV.shape[1]))
        token_NC = column_NC if step.columns_V is None else step.columns_V[column_NC]
        self.likely = tuple(
            Candidate(beam=beam, token=token, total=logp)
            for beam, (tokens, logps) in enumerate(zip(token_NC.tolist(), logp_NC.tolist(), strict=True))
            for token, logp in zip(tokens, logps, strict=True)
        )
        return step

    def observe(self, ids: Sequence[Hashable], parents_BK: Tensor, tokens_BK: Tensor, totals_BK: Tensor) -> None:
        [parents], [tokens], [totals] = parents_BK.tolist(), tokens_BK.tolist(), totals_BK.tolist()
        chosen = tuple(
            Candidate(beam=parent, token=token, total=total) if total > -float("inf") else None
            for parent, token, total in zip(parents, tokens, totals, strict=True)
        )
        self.levels.append(Level(chosen=chosen, likely=self.likely))


def watch(stepper: Stepper, request: Request, *, device: torch.device) -> tuple[Answer, list[Level]]:
    """The answer, and the levels of its search from the first token on."""
    watched = _Watched(stepper, beams=request.beams)
    search = Search(watched, max_rows=request.beams, observer=watched.observe, device=device)
    [found] = answer(search, [request])
    return found, watched.levels

"""Beams shared out over progress, so that what a constraint asks for is said where it fits best.

Were the end only barred until all is said, a narrow beam would put it off, and say it all at the end. So each
hypothesis is offered the tokens that bring its goals nearer, and the beams of a source are shared out over how near
they are (Post & Vilar 2018).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.decoding.choice import Choice
from seqloom.decoding.columns import Columns
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.progress import Progress

__all__ = ["Candidate", "share", "shared_out"]


class Candidate(NamedTuple):
    """A hypothesis that may go on with this token."""

    beam: int
    token: int
    total: float
    left: int
    """How many tokens away its goals are then."""


def shared_out(
    choice: Choice, logp_NV: Tensor, live: Hypotheses, columns: Columns, progress: Sequence[Progress]
) -> Choice:
    """The choice of beam search, made anew for the sources that have goals; the others are not looked at."""
    places = [place for place, each in enumerate(progress) if each.guard is not None and each.guard.has_goals]
    if not places or choice.parent_N is None:
        return choice
    beams = live.beams
    offers = _offers(places, progress, logp_NV, live, columns)
    changed = replace(choice, **{name: getattr(choice, name).clone() for name in _CHANGED})
    chosen: list[tuple[int, int, int]] = []
    for place, offered in zip(places, offers, strict=True):
        if any(math.isnan(total) for total in offered.values()):
            continue  # beam search has chosen it, and it is seen there
        candidates = [
            Candidate(beam, token, total, _left(progress[place], beam, token, columns.vocabulary.eos))
            for (beam, token), total in offered.items()
        ]
        rows = range(place * beams, (place + 1) * beams)
        changed.total_N[rows.start : rows.stop] = -math.inf
        picked = share(candidates, progress[place].request.beams)
        chosen += [(row, place * beams + each.beam, each.token) for row, each in zip(rows, picked, strict=False)]
    if chosen:
        row_P, parent_P, token_P = torch.tensor(chosen, device=logp_NV.device).T
        logp_P = logp_NV[parent_P, columns.places(token_P)]
        changed.parent_N[row_P] = parent_P  # type: ignore[index]
        changed.token_N[row_P] = token_P
        changed.logp_N[row_P] = logp_P
        changed.total_N[row_P] = live.total_N[parent_P] + logp_P
    return changed


_CHANGED = ("parent_N", "token_N", "logp_N", "total_N")


def share(candidates: Sequence[Candidate], beams: int) -> list[Candidate]:
    """The beams' worth of candidates, best first: an equal share for each distance from the goals."""
    banks: dict[int, list[Candidate]] = {}
    for each in sorted(candidates, key=lambda each: -each.total):
        banks.setdefault(each.left, []).append(each)
    picked: list[Candidate] = []
    order = sorted(banks)
    while len(picked) < beams and any(banks.values()):
        for left in order:
            if banks[left] and len(picked) < beams:
                picked.append(banks[left].pop(0))
    return sorted(picked, key=lambda each: -each.total)


def _offers(
    places: Sequence[int], progress: Sequence[Progress], logp_NV: Tensor, live: Hypotheses, columns: Columns
) -> list[dict[tuple[int, int], float]]:
    """What may be chosen from: of each source, (beam, token) and the log-probability with it.

    The best continuations of all, the best of each hypothesis, and of each the tokens that bring a goal nearer.
    """
    beams, device = live.beams, logp_NV.device
    rows_P = torch.tensor([place * beams + beam for place in places for beam in range(beams)], device=device)
    wished = [
        (row, token)
        for row, (place, beam) in enumerate((place, beam) for place in places for beam in range(beams))
        for token in _wishes(progress[place], beam)
    ]
    total_P1 = live.total_N[rows_P][:, None]
    logp_PC, column_PC = logp_NV[rows_P].topk(min(beams, logp_NV.shape[1]), dim=-1)
    row_W, token_W = torch.tensor(wished, dtype=torch.long, device=device).view(-1, 2).T
    column_W = columns.places(token_W)
    logp_W = logp_NV[rows_P[row_W], column_W.clamp(min=0)].masked_fill(column_W < 0, -math.inf)
    totals = (total_P1 + logp_PC).tolist()
    tokens = columns.ids(column_PC).tolist()
    of_wished = (total_P1[row_W, 0] + logp_W).tolist()
    offers: list[dict[tuple[int, int], float]] = []
    for number, place in enumerate(places):
        first, width = number * beams, progress[place].request.beams
        best = sorted(
            (-total, rank > 0, beam, token)
            for beam in range(beams)
            for rank, (total, token) in enumerate(zip(totals[first + beam], tokens[first + beam], strict=True))
        )
        kept = [each for better, each in enumerate(best) if better < width or not each[1]]
        offers.append({(beam, token): -cost for cost, _, beam, token in kept if cost != math.inf})
    for (row, token), total in zip(wished, of_wished, strict=True):
        if total != -math.inf:
            offers[row // beams][row % beams, token] = total
    return offers


def _wishes(progress: Progress, beam: int) -> Collection[int]:
    path, guard = progress.paths[beam], progress.guard
    return () if path is None or guard is None or progress.length == progress.limit else guard.towards(path.state)


def _left(progress: Progress, beam: int, token: int, eos: int) -> int:
    path, guard = progress.paths[beam], progress.guard
    assert path is not None, "a live hypothesis is followed"
    assert guard is not None, "only sources with goals are looked at"
    return 0 if token == eos else guard.remaining(guard.advance(path.state, token))

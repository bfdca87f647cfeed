"""The choice of beam search among the few tokens that matter to it, where nothing but lengths constrains an answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from seqloom.decoding.beam import among
from seqloom.decoding.choice import Choice
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.progress import Progress
from seqloom.decoding.stepper import Ranking
from seqloom.nn.state import State

__all__ = ["choose_briefly"]


def choose_briefly(
    stepper: Ranking, live: Hypotheses, state: State, progress: Sequence[Progress]
) -> tuple[Choice, State]:
    """What goes on, and the state after the step."""
    eos = stepper.vocabulary.eos
    short = [each.length < each.request.min_length for each in progress]
    full = [each.length == each.limit for each in progress]
    # One token more for those that may not end yet: the end may be among the best.
    count = min(live.beams + any(short), stepper.vocabulary.size)
    best = stepper.best(live.last_N, state, count=count, alive_N=live.total_N > -math.inf)
    logp_NC, token_NC = best.logp_NC, best.token_NC
    if any(short):
        logp_NC = logp_NC.masked_fill(_rows_of(short, live)[:, None] & (token_NC == eos), -math.inf)
    if any(full):
        full_N = _rows_of(full, live)
        logp_NC = logp_NC.masked_fill(full_N[:, None], -math.inf)
        logp_NC[full_N, 0], token_NC[full_N, 0] = best.end_N[full_N], eos
    return among(logp_NC, token_NC, live), best.state


def _rows_of(wanted: Sequence[bool], live: Hypotheses) -> Tensor:
    """Whether a hypothesis belongs to one of these sources."""
    return torch.tensor(wanted, device=live.total_N.device).repeat_interleave(live.beams)

"""Where a way to search, which is settings, meets the code that runs it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import torch

from seqloom.core.errors import DecodingError, SeqloomError
from seqloom.decoding.beam import Beam
from seqloom.decoding.diverse import Groups
from seqloom.decoding.draws import Draws
from seqloom.decoding.exact import BranchAndBound
from seqloom.decoding.observer import Observer
from seqloom.decoding.request import (
    BeamSearch,
    DiverseBeam,
    Event,
    ExactSearch,
    Failed,
    Request,
    Sampling,
    StochasticBeam,
    Viterbi,
)
from seqloom.decoding.run import Kind, RunningBatch
from seqloom.decoding.stepper import Stepper
from seqloom.decoding.stochastic import WithoutReplacement
from seqloom.decoding.viterbi import Merged

__all__ = ["Run", "each_by_itself", "start"]


class Run(Protocol):
    """Requests of one kind that are being answered together."""

    kind: Kind
    beams: int
    """Hypotheses a source."""

    @property
    def num_rows(self) -> int:
        """Sources × beams."""
        ...

    def join(self, other: Any) -> None:
        """Append the sources of another run of the same kind, which have just started."""
        ...

    def keep(self, wanted: Callable[[Hashable], bool]) -> None:
        """Let all other sources go."""
        ...

    def step(self) -> list[Event]: ...


_RUNS: Mapping[type, Callable[..., Run]] = {
    BeamSearch: partial(RunningBatch, picker=Beam),
    Sampling: partial(RunningBatch, picker=Draws),
    DiverseBeam: partial(RunningBatch, picker=Groups),
    StochasticBeam: partial(RunningBatch, picker=WithoutReplacement),
    Viterbi: partial(RunningBatch, picker=Merged),
    ExactSearch: BranchAndBound,
}


def start(
    stepper: Stepper,
    requests: Sequence[Request],
    *,
    beams: int,
    observer: Observer | None,
    device: torch.device | None,
) -> Run:
    """Start requests of one kind. A way of somebody's own says by its method ``run`` what runs it, with this call."""
    search: Any = requests[0].search
    run = _RUNS.get(type(search)) or search.run
    return run(stepper, requests, beams=beams, observer=observer, device=device)


def each_by_itself(group: Sequence[Request], begin: Callable[[Sequence[Request]], None]) -> list[Event]:
    """Begin them together; who cannot be read fails alone: halves are tried until it is found."""
    try:
        begin(group)
    except SeqloomError as error:
        if len(group) == 1:
            return [Failed(id=group[0].id, error=DecodingError(str(error)))]
        middle = len(group) // 2
        return each_by_itself(group[:middle], begin) + each_by_itself(group[middle:], begin)
    return []

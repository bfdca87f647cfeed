"""What holds for every combination. A law takes a sample and raises ``AssertionError`` where it is broken."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from seqloom.testing.answer_laws import (
    one_beam_is_greedy,
    one_equals_many,
    rollout_reads_its_own_means,
    scores_are_the_models,
    wide_beam_is_exhaustive,
)
from seqloom.testing.combinations import Combination
from seqloom.testing.model_laws import (
    every_parameter_learns,
    no_peeking,
    nothing_is_an_error,
    padding_changes_nothing,
    saving_keeps_everything,
    steps_equal_one_call,
)
from seqloom.testing.samples import Sample, sample
from seqloom.testing.state_laws import (
    beams_share_the_memory,
    join_appends_sources,
    reorder_moves_hypotheses,
    select_keeps_sources,
)

__all__ = ["LAWS", "Broken", "Law", "check"]

Law = Callable[[Sample], None]

_TORCH = Path(torch.__file__).parent

LAWS: tuple[Law, ...] = (
    padding_changes_nothing,
    steps_equal_one_call,
    no_peeking,
    reorder_moves_hypotheses,
    select_keeps_sources,
    join_appends_sources,
    beams_share_the_memory,
    one_beam_is_greedy,
    wide_beam_is_exhaustive,
    rollout_reads_its_own_means,
    one_equals_many,
    scores_are_the_models,
    every_parameter_learns,
    saving_keeps_everything,
    nothing_is_an_error,
)


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A law that does not hold, and for what."""

    law: str
    combination: Combination
    place: str
    """File and line that raised."""
    why: str


def check(combination: Combination, *, laws: Sequence[Law] | None = None) -> list[Broken]:
    """The laws that this combination breaks."""
    broken = []
    given = sample(combination)
    for law in LAWS if laws is None else laws:
        try:
            law(given)
        except Exception as error:  # a part that raises breaks the law like one that is wrong
            frames = traceback.extract_tb(error.__traceback__)
            frame = [frame for frame in frames if not Path(frame.filename).is_relative_to(_TORCH)][-1]
            place = f"{Path(frame.filename).name}:{frame.lineno}"
            why = " ".join(f"{type(error).__name__}: {error}".split())
            broken.append(Broken(law=law.__name__, combination=combination, place=place, why=why))
    return broken

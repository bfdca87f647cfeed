"""Models' forms side by side: the same sentences for all, round by round, each turn in a process of its own."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from seqloom.core.clock import clock
from seqloom.core.errors import RecipeError, SeqloomError
from seqloom.export.bench.advice import Advice, advice_on
from seqloom.export.bench.candidates import Candidate, Missing, candidates_of
from seqloom.export.bench.form import FORMS, Form
from seqloom.export.bench.points import Point, front_of
from seqloom.export.bench.process import Turn, in_its_own_process
from seqloom.export.bench.turn import Job, Told
from seqloom.workflow.entrants import Entrant, entrants_of

__all__ = ["Comparison", "compare_forms"]

_ALONE = 50
"""Sentences that are answered one at a time."""
_DISTURBED = 0.15
"""Processors that others used, from which that is said."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What was measured."""

    on: str
    """The pairs, in words."""
    sentences: int
    rounds: int
    processors: int
    points: tuple[Point, ...]
    advice: Advice
    missing: tuple[Missing, ...] = ()

    @cached_property
    def front(self) -> list[Point]:
        return front_of(self.points)

    @property
    def several(self) -> bool:
        """Whether there are several models to tell apart."""
        return self.advice.several

    @property
    def disturbed(self) -> float:
        """Processors that other programs used, the mean of all turns; 0 where that is next to nothing."""
        used = [told.others for each in self.points for told in each.rounds]
        mean = sum(used) / len(used)
        return mean if mean > _DISTURBED else 0.0

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "on": self.on,
            "sentences": self.sentences,
            "rounds": self.rounds,
            "processors": self.processors,
            "others_processors": self.disturbed,
            "points": [each.to_data(front=each in self.front) for each in self.points],
            "missing": [{"model": each.model, "forms": list(each.forms), "why": each.why} for each in self.missing],
            "advice": self.advice.to_data(),
        }


@dataclass(kw_only=True)
class _Measured:
    """A form with a width of the search, and what it told so far."""

    entrant: Entrant
    candidate: Candidate
    beam: int
    told: list[Told] = field(default_factory=list)
    failed: str = ""

    @property
    def name(self) -> str:
        return f"{self.candidate.form} with beam {self.beam}"

    def point(self) -> Point:
        first = self.told[0]
        return Point(
            model=self.entrant.name,
            form=self.candidate.form,
            beam=self.beam,
            searched=first.searched,
            disk=self.candidate.disk,
            scores=self.entrant.scores(first.answers),
            rounds=tuple(self.told),
        )


def compare_forms(
    folders: Sequence[Path],
    on: str | None = None,
    *,
    forms: Sequence[Form] = FORMS,
    beams: Sequence[int] = (),
    sentences: int = 1000,
    rounds: int = 3,
    task: str | None = None,
    trust: frozenset[str] = frozenset(),
    tell: Callable[[str], None] = lambda _: None,
    turn: Turn | None = None,
) -> Comparison:
    """Measure every form of every model on the same pairs.

    ``on``: a file of pairs; None: what the first model was tested or validated on. ``beams``: widths of the search;
    none: 1, and that of the first model's recipe. ``sentences``: the first so many; 0: all. ``tell`` hears how far it
    is. ``turn`` takes a turn; None: in a process of its own. An interrupt after the first round ends the rounds, and
    what was measured until then is given back.
    """
    entrants, asked_on = entrants_of(folders, on, sentences, task=task, trust=trust)
    widths = dict.fromkeys(beams or (1, entrants[0].speaker.recipe.answers.beam))
    with tempfile.TemporaryDirectory(prefix="seqloom-bench-") as name:
        work = Path(name)
        measured: list[_Measured] = []
        missing: list[Missing] = []
        for number, each in enumerate(entrants):
            found, without = candidates_of(
                each.folder, each.name, forms, work=work / str(number), task=task, trust=trust, tell=tell
            )
            measured += [_Measured(entrant=each, candidate=one, beam=beam) for one in found for beam in widths]
            missing += without
        take = turn or in_its_own_process(work)
        try:
            _measure(measured, rounds, tell, lambda each: take(_job(each, task=task, trust=trust)))
        except KeyboardInterrupt:
            if not all(each.told or each.failed for each in measured):
                raise
            tell("interrupted: these are the rounds until now.")
    missing += _failures(measured)
    points = [each.point() for each in measured if not each.failed]
    if not points:
        raise RecipeError(*map(str, missing))

    return Comparison(
        on=asked_on,
        sentences=len(entrants[0].tested),
        rounds=max(len(each.rounds) for each in points),
        processors=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        points=tuple(points),
        advice=advice_on(
            points, compare=lambda one, two: entrants[0].difference(one.rounds[0].answers, two.rounds[0].answers)
        ),
        missing=tuple(missing),
    )


def _job(measured: _Measured, *, task: str | None, trust: frozenset[str]) -> Job:
    form = measured.candidate.form
    own = form.engine == "own"
    return Job(
        folder=str(measured.candidate.folder.resolve()),
        own=own,
        shortlist=form.shortlist,
        beam=measured.beam,
        task=task if own else None,  # an export is of one task
        trust=sorted(trust),
        questions=measured.entrant.questions,
        alone=_ALONE,
    )


def _measure(
    measured: Sequence[_Measured], rounds: int, tell: Callable[[str], None], turn: Callable[[_Measured], Told]
) -> None:
    """All in turn, round by round: what a machine does besides falls on all alike."""
    begun, over = time.monotonic(), 0
    for number in range(rounds):
        for each in measured:
            if each.failed:
                continue
            try:
                told = turn(each)
            except SeqloomError as error:
                each.failed = str(error)
                tell(f"{each.entrant.name}, {each.name}: {error}")
                continue
            each.told.append(told)
            over += 1
            left = sum(rounds - len(other.told) for other in measured if not other.failed)
            spent = (time.monotonic() - begun) / over
            tell(
                f"round {number + 1} of {rounds}: {each.entrant.name}, {each.candidate.form}, {told.searched}: "
                f"{len(told.answers) / told.seconds:,.1f} a second" + (f"  left {clock(left * spent)}" if left else "")
            )


def _failures(measured: Sequence[_Measured]) -> list[Missing]:
    whys: dict[tuple[str, str], list[str]] = {}
    for each in measured:
        if each.failed:
            whys.setdefault((each.entrant.name, each.failed), []).append(each.name)
    return [Missing(model=model, forms=tuple(names), why=why) for (model, why), names in whys.items()]

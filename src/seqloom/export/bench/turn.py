"""A form's turn: it answers the questions all together and one by one, and tells what that took.

`python -m seqloom.export.bench.turn JOB OUT` is the whole life of a process; nothing here imports torch unless the form
needs it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from seqloom.core.errors import RecipeError, SeqloomError
from seqloom.export.bench.machine import machine_seconds, most_memory, own_seconds
from seqloom.workflow.asking import Asking, ShortlistSettings
from seqloom.workflow.feeds import Question, Ready
from seqloom.workflow.loading import load
from seqloom.workflow.speaker import Speaker

__all__ = ["Job", "Told", "take"]

_WARM = 8
"""Questions that are answered before anything is timed."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a form is asked, as JSON can hold it."""

    folder: str
    own: bool
    """By the model itself, not by what was exported of it and lies in its folder."""
    shortlist: bool
    beam: int
    task: str | None
    trust: Sequence[str]
    questions: Sequence[Mapping[str, Any]]
    """`text`, and `extras`: the further columns."""
    alone: int
    """So many of them are answered one after the other, too."""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    @property
    def asked(self) -> list[Question]:
        return [Question(text=each["text"], extras=each["extras"]) for each in self.questions]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came of a turn."""

    answers: Sequence[str]
    unanswered: int
    """Questions that had an error for an answer."""
    searched: str
    """How, in words."""
    seconds: float
    """For all of them together."""
    alone: Sequence[float]
    """Of each that was asked alone."""
    cold: float
    """From the start of the process to its first answer."""
    memory: float
    """The most megabytes it had."""
    others: float
    """Processors that other programs used meanwhile."""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self | str:
        """The turn, or in one line why there was none."""
        told = json.loads(path.read_text(encoding="utf-8"))
        return told["error"] if "error" in told else cls(**told)


class _OneByOne:
    """Each question comes when the one before it has been answered, as from a person who waits; by the clock."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self._questions = iter(questions)
        self.asked = 0.0

    def take(self, most: int, *, wait: bool) -> list[Question] | None:
        if not wait:
            return []
        question = next(self._questions, None)
        self.asked = time.perf_counter()
        return None if question is None else [question]


class _AllAtOnce(Ready):
    """The clock starts with the first question, when the engine is there."""

    begun: float | None = None

    def take(self, most: int, *, wait: bool) -> list[Question] | None:
        self.begun = self.begun or time.perf_counter()
        return super().take(most, wait=wait)


def take(job: Job, *, started: float | None = None) -> Told:
    """Take the turn in this process, which was ``started`` then by the system's clock."""
    started = started or time.time()
    speaker = load(job.folder, engine="own" if job.own else "auto", trust=job.trust)
    speaker = speaker if job.task is None else speaker.task(job.task)
    asking, questions = _asking(job, speaker), job.asked
    _one_by_one(speaker, asking, questions[:1])
    cold = time.time() - started
    for _ in speaker.answers(Ready(questions[:_WARM]), asking):
        pass
    begun, others = time.perf_counter(), machine_seconds() - own_seconds()
    feed = _AllAtOnce(questions)
    answers = [*speaker.answers(feed, asking)]
    seconds = time.perf_counter() - (feed.begun or begun)
    if all(each.error is not None for each in answers):
        raise RecipeError(str(answers[0].error))
    alone = _one_by_one(speaker, asking, _spread(questions, job.alone))
    others = machine_seconds() - own_seconds() - others
    return Told(
        answers=[each.text for each in answers],
        unanswered=sum(each.error is not None for each in answers),
        searched=str(asking),
        seconds=seconds,
        alone=alone,
        cold=cold,
        memory=most_memory(),
        others=max(0.0, others / (time.perf_counter() - begun)),
    )


def _asking(job: Job, speaker: Speaker) -> Asking:
    """As the recipe's `answers` say, but for the width and the shortlist."""
    answers = speaker.recipe.answers
    shortlist = (answers.shortlist or ShortlistSettings()) if job.shortlist else None
    return Asking(answers=replace(answers, beam=job.beam, shortlist=shortlist))


def _one_by_one(speaker: Speaker, asking: Asking, questions: Sequence[Question]) -> list[float]:
    feed = _OneByOne(questions)
    return [time.perf_counter() - feed.asked for _ in speaker.answers(feed, asking)]


def _spread(questions: Sequence[Question], number: int) -> list[Question]:
    """So many, evenly over all of them: a file may be sorted by length."""
    number = min(number, len(questions))
    return [questions[place * len(questions) // number] for place in range(number)]


def main() -> None:
    job, out, started = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    # Where an author's own parts lie; at the end, so that a file there never stands in for a library.
    sys.path.append(os.getcwd())
    try:
        take(Job.read(job), started=started).write(out)
    except SeqloomError as error:
        out.write_text(json.dumps({"error": str(error)}), encoding="utf-8")


if __name__ == "__main__":
    main()

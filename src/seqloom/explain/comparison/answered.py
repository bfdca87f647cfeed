"""A model's answers to the pairs of a comparison, and what they took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.counts import Counts
from seqloom.metrics.texts import qualities
from seqloom.workflow.answers import Answer
from seqloom.workflow.asking import Asking
from seqloom.workflow.entrants import Entrant
from seqloom.workflow.feeds import Ready
from seqloom.workflow.manifest import read_manifest, read_metrics
from seqloom.workflow.sizes import megabytes_of, parameters_of

__all__ = ["Answered", "Effort", "answered"]

_WARM = 8
"""Questions that are answered before anything is timed."""
_TURN = 512
"""Questions of a turn."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a model takes."""

    parameters: int | None
    """None where an engine's own files have them."""
    megabytes: float
    """On disk, of what answering needs."""
    rate: float
    """Sentences a second, here and now."""
    trained_seconds: float | None
    trained_steps: int | None
    """Both None where the folder does not know."""

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A model that has answered."""

    entrant: Entrant
    answers: tuple[Answer, ...]
    counts: tuple[Counts, ...]
    """A metric each."""
    searched: str
    """How, in words."""
    effort: Effort

    @property
    def name(self) -> str:
        return self.entrant.name

    @property
    def unanswered(self) -> int:
        return sum(each.error is not None for each in self.answers)

    @property
    def alone(self) -> Floats:
        """How good each answer is by itself: more is better, whatever the metric."""
        return self._alone[1]

    @property
    def measured(self) -> str:
        """What that is."""
        return self._alone[0]

    @cached_property
    def _alone(self) -> tuple[str, Floats]:
        counts = self.counts[0]
        found = qualities(
            self.entrant.metrics[0],
            [each.text for each in self.answers],
            [each.references for each in self.entrant.tested],
            bleu_tokenizer=self.entrant.speaker.recipe.evaluation.bleu_tokenizer,
        )
        if found is None:  # a distance is a share of nothing
            return f"-{counts.name}", -counts.formula(counts.rows_NK)
        return found[0], 100 * found[1]


def answered(
    entrants: Sequence[Entrant], asking_of: Callable[[Entrant], Asking], *, tell: Callable[[str], None]
) -> list[Answered]:
    """All of them, in turns: what a machine does besides falls on all alike."""
    asked = [asking_of(each) for each in entrants]
    answers: list[list[Answer]] = [[] for _ in entrants]
    seconds = [0.0] * len(entrants)
    for entrant, asking in zip(entrants, asked, strict=True):
        _answers(entrant, asking, 0, min(_WARM, len(entrant.tested)))
    for start in range(0, len(entrants[0].tested), _TURN):
        for place, (entrant, asking) in enumerate(zip(entrants, asked, strict=True)):
            begun = time.perf_counter()
            answers[place] += _answers(entrant, asking, start, start + _TURN)
            seconds[place] += time.perf_counter() - begun
            tell(f"{entrant.name}: {len(answers[place]):,} of {len(entrant.tested):,} answered")
    return [
        Answered(
            entrant=entrant,
            answers=tuple(found),
            counts=tuple(entrant.counts([each.text for each in found])),
            searched=str(asking),
            effort=_effort(entrant, len(found) / max(1e-9, taken)),
        )
        for entrant, asking, found, taken in zip(entrants, asked, answers, seconds, strict=True)
    ]


def _answers(entrant: Entrant, asking: Asking, start: int, end: int) -> list[Answer]:
    questions = (each.question for each in entrant.tested[start:end])
    return [*entrant.speaker.answers(Ready(questions), asking, first=start)]


def _effort(entrant: Entrant, rate: float) -> Effort:
    folder = entrant.folder
    exported = "engine" in read_manifest(folder)  # what it has of training is that of another folder
    metrics = {} if exported else read_metrics(folder)
    return Effort(
        parameters=parameters_of(folder),
        megabytes=megabytes_of(folder),
        rate=rate,
        trained_seconds=metrics.get("seconds"),
        trained_steps=metrics.get("steps"),
    )

"""Models compared: each way of making one with the first, by every metric, on the same pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from seqloom.core.devices import DeviceName
from seqloom.core.errors import DataError
from seqloom.explain.comparison.answered import Answered, answered
from seqloom.explain.comparison.groups import Group, groups_of
from seqloom.explain.comparison.verdict import verdict
from seqloom.explain.comparison.where import Example, Part, examples_of, parts_of_length
from seqloom.metrics.groups import GroupComparison, compare_groups, holm
from seqloom.metrics.names import MetricName
from seqloom.metrics.score import Score
from seqloom.metrics.texts import check_metrics
from seqloom.workflow.asking import Asking, asking_of
from seqloom.workflow.entrants import Entrant, entrants_of

__all__ = ["Compared", "Contest", "compare_models"]

_NONE: Mapping[str, Any] = MappingProxyType({})
_SEED = 12345
"""SacreBLEU's."""


@dataclass(frozen=True, kw_only=True)
class Contest:
    """A way of making a model beside the first one."""

    first: Group
    second: Group
    found: tuple[GroupComparison, ...]
    """A metric each; the first one decides."""
    parts: tuple[Part, ...]
    """By the source's length, by the first metric."""
    better: tuple[Example, ...]
    """Sentences in which the second is better by most."""
    worse: tuple[Example, ...]
    alike: int
    """Sentences to which all models of both say the same."""

    @property
    def verdict(self) -> str:
        return verdict(self.first.name, self.second.name, self.found[0], sentences=len(self.first.members[0].answers))

    def alone(self, value: float) -> str:
        """How good an answer is by itself, for people: of a share no more than whole hundredths are seen."""
        return f"{value:.0f}" if self.found[0].digits is not None else f"{value:.3g}"

    def to_data(self) -> dict[str, Any]:
        return {
            "first": self.first.name,
            "second": self.second.name,
            "verdict": self.verdict,
            "metrics": [each.to_data() for each in self.found],
            "same_answers": self.alike,
            "by_source_length": [each.to_data() for each in self.parts],
            "better": [each.to_data() for each in self.better],
            "worse": [each.to_data() for each in self.worse],
        }


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What came of a comparison."""

    on: str
    """The pairs, in words."""
    sentences: int
    samples: int
    groups: tuple[Group, ...]
    contests: tuple[Contest, ...]

    @property
    def models(self) -> list[Answered]:
        return [each for group in self.groups for each in group.members]

    def scores(self, model: Answered) -> list[Score]:
        return [each.score(samples=self.samples, seed=_SEED) for each in model.counts]

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "on": self.on,
            "sentences": self.sentences,
            "groups": [
                {"name": group.name, "seeds": list(group.seeds), "models": [each.name for each in group.members]}
                for group in self.groups
            ],
            "models": {
                each.name: {
                    "search": each.searched,
                    "unanswered": each.unanswered,
                    "scores": [score.to_data() for score in self.scores(each)],
                    **each.effort.to_data(),
                }
                for each in self.models
            },
            "comparisons": [each.to_data() for each in self.contests],
        }


def compare_models(
    folders: Sequence[Path],
    on: str | None = None,
    *,
    metrics: Sequence[MetricName] = (),
    beam: int | None = None,
    set: Sequence[str] = (),
    given: Mapping[str, Any] = _NONE,
    sentences: int = 0,
    samples: int = 1000,
    examples: int = 5,
    task: str | None = None,
    device: DeviceName = "cpu",
    trust: frozenset[str] = frozenset(),
    tell: Callable[[str], None] = lambda _: None,
) -> Compared:
    """Compare every model with the first one.

    ``on``: a file of pairs; None: what the first model was tested or validated on. ``metrics`` in place of the
    recipes'. ``beam`` and ``set`` change how all of them answer; ``given`` are columns
    of all pairs. ``sentences``: the first so many; 0: all. ``samples``:
    draws of every test. ``examples``: sentences shown of each direction. ``tell`` hears how far it is.
    """
    check_metrics(metrics)
    entrants, asked_on = entrants_of(
        folders, on, sentences, task=task, trust=trust, metrics=tuple(metrics), device=device, given=given
    )
    if len(entrants) < 2:
        raise DataError(f"a comparison needs two models at least, but there is {entrants[0].name} alone. Name another.")

    def asking(entrant: Entrant) -> Asking:
        return asking_of(entrant.speaker.recipe.answers, beam=beam, set=[*set])

    groups = groups_of(answered(entrants, asking, tell=tell))
    if len(groups) < 2:
        raise DataError(
            f"a comparison needs two ways of making a model, but these differ by their seeds alone "
            f"({', '.join(map(str, groups[0].seeds))}). Name a model of another recipe."
        )
    return Compared(
        on=asked_on,
        sentences=len(entrants[0].tested),
        samples=samples,
        groups=tuple(groups),
        contests=tuple(_contests(groups, samples=samples, examples=examples)),
    )


def _contests(groups: Sequence[Group], *, samples: int, examples: int) -> list[Contest]:
    first, *others = groups
    tested = first.members[0].entrant.tested
    metrics = range(len(first.members[0].counts))
    by_metric = [
        holm(
            [
                compare_groups(first.counts(metric), other.counts(metric), samples=samples, seed=_SEED)
                for other in others
            ]
        )
        for metric in metrics
    ]
    contests = []
    for place, other in enumerate(others):
        better, worse = examples_of(tested, first, other, number=examples)
        contests.append(
            Contest(
                first=first,
                second=other,
                found=tuple(found[place] for found in by_metric),
                parts=parts_of_length(tested, first.counts(0), other.counts(0), samples=samples, seed=_SEED),
                better=better,
                worse=worse,
                alike=_alike([*first.members, *other.members]),
            )
        )
    return contests


def _alike(models: Sequence[Answered]) -> int:
    answers = zip(*([answer.text for answer in each.answers] for each in models), strict=True)
    return sum(len(set(texts)) == 1 for texts in answers)

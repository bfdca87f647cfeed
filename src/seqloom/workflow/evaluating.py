"""Scores on pairs: answers found by real search, beside their references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seqloom.core.errors import DataError
from seqloom.data.rows import Row
from seqloom.metrics.reliability import Reliability, measure_reliability
from seqloom.metrics.score import Score
from seqloom.metrics.texts import measure, qualities
from seqloom.tasks import Answered, Task
from seqloom.workflow.answers import Answer
from seqloom.workflow.calibration import Calibration
from seqloom.workflow.feeds import Question
from seqloom.workflow.use import EvaluationSettings, Use

__all__ = ["Report", "Tested", "gather", "read_anew", "report_on"]


@dataclass(frozen=True, kw_only=True)
class Tested:
    """A source and all that is right to say of it."""

    source: str
    references: tuple[str, ...]
    extras: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The row's further columns."""

    @property
    def question(self) -> Question:
        return Question(text=self.source, extras=self.extras)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a model's answers are worth."""

    scores: tuple[Score, ...]
    answers: tuple[Answer, ...]
    tested: tuple[Tested, ...]
    searched: str
    """How, in words."""
    seconds: float
    measured: str = ""
    """What ``qualities`` are."""
    qualities: tuple[float, ...] = field(default=(), repr=False)
    """How good each answer is alone, from 0 to 1; none where the first metric is no share, and while training."""
    baselines: Mapping[str, tuple[Score, ...]] = field(default_factory=dict)
    """What the simplest answers to the same questions are worth, by their names; none while training."""
    reliability: Reliability | None = None
    """How far the confidences may be relied on."""

    def __getitem__(self, name: str) -> Score:
        """The score of that name, as a recipe or as the score itself spells it."""
        wanted = _plain(name)
        for score in self.scores:
            if _plain(score.name) == wanted:
                return score
        raise KeyError(f"{name}: this report has {', '.join(score.name for score in self.scores)}")

    def __str__(self) -> str:
        lines = self.lines
        speed = len(self.answers) / self.seconds if self.seconds else 0.0
        return "\n".join([*lines, f"{len(self.answers):,} answers, {self.searched}, {speed:.1f} a second"])

    @property
    def lines(self) -> list[str]:
        """What was measured, a line each."""
        lines = [str(score) for score in self.scores]
        lines += [f"beside it, {name}: {', '.join(map(brief, of))}" for name, of in self.baselines.items()]
        return lines if self.reliability is None else [*lines, *self.reliability.lines]

    @property
    def numbers(self) -> dict[str, float]:
        """Each score's value."""
        return {_plain(score.name): score.value for score in self.scores}

    def to_data(self) -> dict[str, Any]:
        return {
            "scores": {_plain(score.name): score.to_data() for score in self.scores},
            **self._baselines(),
            **({} if self.reliability is None else {"reliability": self.reliability.to_data()}),
            "answers": len(self.answers),
            "search": self.searched,
            "seconds": round(self.seconds, 3),
        }

    def _baselines(self) -> dict[str, Any]:
        found = {
            name: {_plain(score.name): score.to_data() for score in scores} for name, scores in self.baselines.items()
        }
        return {"baselines": found} if found else {}


def brief(score: Score) -> str:
    """Without its signature, which another of the same name has had."""
    return str(score).partition(" (")[0]


def gather(rows: Iterable[Row], recipe: Use) -> list[Tested]:
    """What is to be answered; with ``one_source``, rows of one source are one question with several right answers."""
    tested: list[Tested] = []
    places: dict[tuple[str, str], int] = {}
    for row in rows:
        if not row.source.strip() and not any(target.strip() for target in row.targets):
            continue  # a blank line asks nothing
        if not row.targets:
            raise DataError(f"{row.file}:{row.line}: expected a source and a target, found a source alone.")
        beside = {name: row.extras.get(name) for name in recipe.task.keeps}
        asked = (row.source, repr((recipe.data.annotations.of(row), beside)))
        if recipe.evaluation.one_source and asked in places:
            before = tested[places[asked]]
            more = tuple(target for target in row.targets if target not in before.references)
            tested[places[asked]] = replace(before, references=before.references + more)
            continue
        places[asked] = len(tested)
        tested.append(Tested(source=row.source, references=row.targets, extras=row.extras))
    if not tested:
        raise DataError("there are no pairs to evaluate on: every row is empty.")
    return tested


def report_on(
    tested: Sequence[Tested],
    answers: Sequence[Answer],
    settings: EvaluationSettings,
    *,
    task: Task,
    searched: str,
    seconds: float,
    samples: int = 1000,
    logps: Sequence[tuple[float, ...]] = (),
) -> Report:
    """``samples`` 0 leaves out the intervals, and what is to be said of the confidences. ``logps`` are of the right
    answers to each question, where the task looks at them."""
    texts, references = [answer.text for answer in answers], [each.references for each in tested]
    rows = [Row(source=each.source, targets=each.references, extras=each.extras) for each in tested]

    def scored(
        said: Sequence[Sequence[str]],
        logps: Sequence[tuple[float, ...]] = (),
        quantiles: Sequence[Mapping[str, str]] = (),
    ) -> tuple[Score, ...]:
        """Of the answers to each question, best first."""
        found = measure(
            settings.metrics,
            [best for best, *_ in said],
            references,
            bleu_tokenizer=settings.bleu_tokenizer,
            sources=[each.source for each in tested],
            samples=samples,
        )
        if samples:
            answered = [
                Answered(row=row, texts=tuple(one), logps=weighed, quantiles=spread)
                for row, one, weighed, spread in zip(
                    rows, said, logps or [()] * len(rows), quantiles or [{}] * len(rows), strict=True
                )
            ]
            found += task.scores(answered, samples=samples)
        return tuple(found)

    scores = scored(
        [(answer.text, *(other.text for other in answer.alternatives)) for answer in answers],
        logps,
        [answer.quantiles for answer in answers],
    )
    report = Report(scores=scores, answers=tuple(answers), tested=tuple(tested), searched=searched, seconds=seconds)
    if not samples:
        return report
    baselines = {}
    for name, say in task.baselines.items():
        said = [tuple(say(row)) or ("",) for row in rows]
        # Who says one series says it whatever share is asked for.
        alike = [dict.fromkeys(answer.quantiles, best) for answer, (best, *_) in zip(answers, said, strict=True)]
        baselines[name] = scored(said, quantiles=alike)
    report = replace(report, baselines=baselines)
    alone = qualities(settings.metrics[0], texts, references, bleu_tokenizer=settings.bleu_tokenizer)
    if alone is None:
        return report
    measured, found = alone
    report = replace(report, measured=measured, qualities=tuple(found.tolist()))
    return replace(report, reliability=_reliability(report, samples=samples))


def read_anew(report: Report, calibration: Calibration) -> Report:
    """The same answers, with the confidences that another calibration gives them."""
    answers = tuple(
        replace(
            answer,
            calibration=calibration,
            alternatives=tuple(replace(other, calibration=calibration) for other in answer.alternatives),
        )
        for answer in report.answers
    )
    changed = replace(report, answers=answers)
    return replace(changed, reliability=_reliability(changed)) if report.qualities else changed


def _reliability(report: Report, *, samples: int = 1000) -> Reliability | None:
    """Of the answers in which something was said; None where there are none."""
    said = [
        (answer.confidence, quality)
        for answer, quality in zip(report.answers, report.qualities, strict=True)
        if answer.token_logps
    ]
    if not said:
        return None
    confidences_N, qualities_N = np.array(said).T
    fitted = report.answers[0].calibration.fitted or "none"
    return measure_reliability(confidences_N, qualities_N, measured=report.measured, fitted=fitted, samples=samples)


def _plain(name: str) -> str:
    return name.lower().replace(" ", "_").replace("-", "_")

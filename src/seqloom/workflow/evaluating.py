"""Scores on pairs: answers found by real search, beside their references."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from seqloom.core.errors import DataError
from seqloom.data.rows import Row
from seqloom.metrics import Score, measure
from seqloom.workflow.answers import Answer
from seqloom.workflow.recipe import EvaluationSettings

__all__ = ["Report", "Tested", "gather", "report_on"]


@dataclass(frozen=True, kw_only=True)
class Tested:
    """A source and all that is right to say of it."""

    source: str
    references: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a model's answers are worth."""

    scores: tuple[Score, ...]
    answers: tuple[Answer, ...]
    tested: tuple[Tested, ...]
    searched: str
    """How, in words."""
    seconds: float

    def __getitem__(self, name: str) -> Score:
        """The score of that name, as a recipe or as the score itself spells it."""
        wanted = _plain(name)
        for score in self.scores:
            if _plain(score.name) == wanted:
                return score
        raise KeyError(f"{name}: this report has {', '.join(score.name for score in self.scores)}")

    def __str__(self) -> str:
        lines = [str(score) for score in self.scores]
        speed = len(self.answers) / self.seconds if self.seconds else 0.0
        return "\n".join([*lines, f"{len(self.answers):,} answers, {self.searched}, {speed:.1f} a second"])

    @property
    def numbers(self) -> dict[str, float]:
        """Each score's value."""
        return {_plain(score.name): score.value for score in self.scores}

    def to_data(self) -> dict[str, Any]:
        return {
            "scores": {_plain(score.name): score.to_data() for score in self.scores},
            "answers": len(self.answers),
            "search": self.searched,
            "seconds": round(self.seconds, 3),
        }


def gather(rows: Iterable[Row], *, one_source: bool) -> list[Tested]:
    """What is to be answered; with ``one_source``, rows of one source are one question with several right answers."""
    tested: list[Tested] = []
    places: dict[str, int] = {}
    for row in rows:
        if not row.source.strip() and not any(target.strip() for target in row.targets):
            continue  # a blank line asks nothing
        if not row.targets:
            raise DataError(f"{row.file}:{row.line}: expected a source and a target, found a source alone.")
        if one_source and row.source in places:
            before = tested[places[row.source]]
            more = tuple(target for target in row.targets if target not in before.references)
            tested[places[row.source]] = Tested(source=row.source, references=before.references + more)
            continue
        places[row.source] = len(tested)
        tested.append(Tested(source=row.source, references=row.targets))
    if not tested:
        raise DataError("there are no pairs to evaluate on: every row is empty.")
    return tested


def report_on(
    tested: Sequence[Tested],
    answers: Sequence[Answer],
    settings: EvaluationSettings,
    *,
    searched: str,
    seconds: float,
    samples: int = 1000,
) -> Report:
    scores = measure(
        settings.metrics,
        [answer.text for answer in answers],
        [each.references for each in tested],
        bleu_tokenizer=settings.bleu_tokenizer,
        samples=samples,
    )
    return Report(
        scores=tuple(scores), answers=tuple(answers), tested=tuple(tested), searched=searched, seconds=seconds
    )


def _plain(name: str) -> str:
    return name.lower().replace(" ", "_").replace("-", "_")

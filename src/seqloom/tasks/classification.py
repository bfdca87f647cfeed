"""A text and its label, or its labels: sentiment, topics, intents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from seqloom.core.errors import DataError
from seqloom.core.wording import nearest, show
from seqloom.data.rows import BadLine, Row
from seqloom.decoding.constraints import ConstraintSettings
from seqloom.decoding.constraints.one_of import OneOfSettings
from seqloom.metrics.classes import measure_recall
from seqloom.metrics.label_sets import measure_label_sets
from seqloom.metrics.score import Score
from seqloom.metrics.words import plain
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task, TaskBase
from seqloom.tasks.naive_bayes import NaiveBayes

__all__ = ["ClassificationSettings"]

_MOST = 1000
"""Labels. Where there are more, a column of texts was taken for one of labels."""
_WEIGHED = 10
"""Answers of which the probabilities are told."""
_SPACE = "␣"
"""Stands in a label for a space, so that a label is one word of what the model says."""


@dataclass(frozen=True, kw_only=True)
class ClassificationSettings(TaskBase):
    """The task of classification."""

    kind: Literal["classification"] = "classification"
    several: bool = False
    """Whether a text may have several labels. Their order says nothing: the same ones are learnt in one order."""
    separator: str = ""
    """What stands between several labels; none: spaces, so that a label is one word."""
    labels: tuple[str, ...] = ()
    """Those that there may be: another one is a bad line in training pairs too. None: those of the training pairs."""

    def pairs(self, row: Row) -> Iterable[Row | BadLine]:
        row = replace(row, targets=tuple(map(self.canonical, row.targets)))
        what = _unknown(self, row, {*map(plain, self.labels)}) if self.labels else None
        yield row if what is None else BadLine(file=row.file, line=row.line, what=what, text=row.source)

    def learn(self, rows: Iterable[Row]) -> Known:
        counts: Counter[str] = Counter()

        def counted() -> Iterable[tuple[str, str]]:
            for row in rows:
                counts.update(self.split(row.targets[0]))
                if len(counts) > _MOST:
                    raise DataError(
                        f"the training pairs must have at most {_MOST:,} labels, but have more, such as "
                        f"{show(row.targets[0])}. Name their column in `data.target_columns`."
                    )
                yield row.source, self.canonical(row.targets[0])

        simple = NaiveBayes.learn(counted())
        if len(counts) < 2:
            has = f"{show(next(iter(counts)))} alone" if counts else "none"
            raise DataError(f"the training pairs must have at least two labels, but have {has}. Add pairs of another.")
        return {"labels": dict(sorted(counts.items())), "naive_bayes": simple.to_data()}

    def build(self, known: Known) -> Task:
        return Classification(self, known)

    # ---- labels as a person writes them ------------------------------------------------------------------------------

    def split(self, text: str) -> list[str]:
        """The labels of a text, each once and in the order of the alphabet."""
        if not self.several:
            return [plain(text)]
        return sorted({plain(each) for each in text.split(self.separator or None)} - {""})

    def join(self, labels: Iterable[str]) -> str:
        return (self.separator or " ").join(labels)

    def canonical(self, text: str) -> str:
        return self.join(self.split(text))


class Classification(Task):
    """The likeliest of the labels that were learnt."""

    whole = True

    def __init__(self, settings: ClassificationSettings, known: Known) -> None:
        self.settings = settings
        self.counts: Mapping[str, int] = known["labels"]
        self.weighed = min(_WEIGHED, len(self.counts))
        self._simple = NaiveBayes.from_data(known["naive_bayes"])
        self._said = OneOfSettings(texts=tuple(map(_word, self.counts)), several=settings.several)

    def read(self, row: Row) -> Row:
        return replace(row, targets=tuple(" ".join(map(_word, self.settings.split(each))) for each in row.targets))

    def refuses(self, row: Row) -> str | None:
        return _unknown(self.settings, row, self.counts)

    def constraints(self, row: Row) -> tuple[ConstraintSettings, ...]:
        return (self._said,)

    def show(self, row: Row, text: str) -> Shown:
        labels = [word.replace(_SPACE, " ") for word in text.split()]
        fields = {"chosen": labels} if self.settings.several else {}
        return Shown(text=self.settings.join(labels), fields=fields)

    def weigh(self, row: Row, answers: Sequence[tuple[str, float]]) -> Mapping[str, Any]:
        """How probable each label is. What was calibrated is the best answer's confidence, so that it stands; what it
        leaves is shared among the others as they are sure."""
        (_, best), *others = answers
        rest = sum(confidence for _, confidence in others)
        left = (1 - best) / rest if rest else 0.0
        chances: dict[str, float] = {}
        for place, (text, confidence) in enumerate(answers):
            for label in self.settings.split(text) if text else ():
                chances[label] = chances.get(label, 0.0) + (confidence * left if place else confidence)
        return {"labels": dict(sorted(chances.items(), key=lambda each: -each[1]))}

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        best = [one.texts[0] for one in answered]
        right = [one.row.targets[0] for one in answered]
        if self.settings.several:
            split = self.settings.split
            return measure_label_sets([*map(split, best)], [*map(split, right)], samples=samples)
        rarest = min(self.counts, key=lambda label: self.counts[label])
        return [measure_recall(rarest, best, right, samples=samples)] if rarest in right else []

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        commonest = self._simple.commonest
        return {
            "the commonest label": lambda row: [commonest],
            "naive Bayes": lambda row: [self._simple(row.source)],
        }


def _word(label: str) -> str:
    return label.replace(" ", _SPACE)


def _unknown(settings: ClassificationSettings, row: Row, labels: Iterable[str]) -> str | None:
    """What is wrong with a row one of whose labels is none of these."""
    known = {*labels}
    odd = next((label for text in row.targets for label in settings.split(text) if label not in known), None)
    if odd is None:
        return None
    guess = nearest(odd, known)
    if len(known) <= 8:
        there = f"one of {', '.join(map(show, sorted(known)))}"
    else:
        there = f"one of {len(known)} that are known"
    return f"the label must be {there}, but is {show(odd)}" + (f" (perhaps {show(guess)} is meant)" if guess else "")

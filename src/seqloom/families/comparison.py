"""The trained families measured on the same pairs: all together, one at a time, and by the length of what they read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from seqloom.core.errors import DataError
from seqloom.export.bench.comparison import compare_forms
from seqloom.export.bench.form import Form
from seqloom.export.bench.points import Point
from seqloom.export.bench.process import Turn
from seqloom.families.family import Family
from seqloom.families.lengths import Bin, bins_of
from seqloom.families.training import Plan, Trained
from seqloom.metrics.score import Comparison as Difference
from seqloom.metrics.score import Score
from seqloom.metrics.texts import measure
from seqloom.workflow.entrants import Entrant, entrants_of
from seqloom.workflow.evaluating import Tested
from seqloom.workflow.model import load_model
from seqloom.workflow.preparing import open_data

__all__ = ["FamilyComparison", "Measured", "measure_families"]

_DISTURBED = 0.15
"""Processors that others used, from which that is said."""
_OWN = (Form(engine="own"),)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A family, what it took to train it, and what it is worth."""

    trained: Trained
    point: Point
    by_length: Sequence[Score]
    """Its first metric, of each of the bins."""

    @property
    def family(self) -> Family:
        return self.trained.family

    @property
    def title(self) -> str:
        return self.family.title

    @property
    def score(self) -> Score:
        return self.point.scores[0]

    @property
    def answers(self) -> Sequence[str]:
        return self.point.rounds[0].answers

    @property
    def speed(self) -> float:
        """Target tokens that it learns from in a second, validations aside."""
        return self.trained.tokens / max(1e-9, self.trained.stepping)

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        point = self.point.to_data(front=False)
        wanted = (
            "scores",
            "search",
            "sentences_per_second",
            "milliseconds_alone",
            "memory_megabytes",
            "disk_megabytes",
        )
        return {
            "family": self.family.name,
            "title": self.title,
            "folder": str(self.trained.folder),
            "training": self.trained.to_data(),
            **{key: point[key] for key in wanted},
            "by_length": [each.to_data() for each in self.by_length],
        }


@dataclass(frozen=True, kw_only=True)
class FamilyComparison:
    """What was measured of all."""

    on: str
    """The pairs, in words."""
    held_out: bool
    """Whether they are those on which the best weights were chosen, too."""
    tested: Sequence[Tested]
    length: str
    """Of each training, in words."""
    overrides: Sequence[str]
    vocabulary: int
    pairs: int
    """That were learnt from."""
    families: Sequence[Measured]
    bins: Sequence[Bin]
    entrant: Entrant
    """Any of them: all are measured alike."""
    disturbed: float
    missing: Sequence[str]
    """Families that could not be measured, and why."""

    def of(self, name: str) -> Measured | None:
        return next((each for each in self.families if each.family.name == name), None)

    @property
    def warnings(self) -> list[str]:
        """What keeps the figures from being as fair as they look."""
        said = []
        if self.held_out:
            said.append("The pairs have chosen the best weights, too: scores are a little too good, for all alike.")
        used = {each.title: each.trained.others for each in self.families if each.trained.others > _DISTURBED}
        if used:
            shares = ", ".join(f"{number:.1f} ({title})" for title, number in used.items())
            said.append(f"Other programs used processors while these trained: {shares}. Their time was worth less.")
        if self.disturbed:
            said.append(
                f"Other programs used {self.disturbed:.1f} processors while it was measured: on a quiet machine it is "
                "faster."
            )
        return [*said, *self.missing]

    @property
    def best(self) -> Measured:
        return max(self.families, key=lambda each: each.point.quality)

    def difference(self, one: Measured, other: Measured) -> Difference:
        """By how much the other is better, and whether that is chance."""
        return self.entrant.difference(one.answers, other.answers)

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "on": self.on,
            "held_out": self.held_out,
            "sentences": len(self.tested),
            "length": self.length,
            "set": [*self.overrides],
            "pairs": self.pairs,
            "vocabulary": self.vocabulary,
            "bins": [
                {"shortest": each.shortest, "longest": each.longest, "mean": each.mean, "sentences": len(each.places)}
                for each in self.bins
            ],
            "families": [each.to_data() for each in self.families],
            "missing": [*self.missing],
            "others_processors": self.disturbed,
        }


def measure_families(
    trained: Sequence[Trained],
    plan: Plan,
    *,
    sentences: int = 1000,
    rounds: int = 3,
    tell: Callable[[str], None] = lambda _: None,
    turn: Turn | None = None,
) -> FamilyComparison:
    """Answer the same pairs with each: the test's, or those that were chosen on. ``turn``: as for ``compare_forms``."""
    test = plan.test or next(iter(plan.valid), None)
    folders = [each.folder for each in trained]
    model = load_model(folders[0])
    beams = (model.recipe.answers.beam,)
    found = compare_forms(
        folders, test, forms=_OWN, beams=beams, sentences=sentences, rounds=rounds, tell=tell, turn=turn
    )
    [entrant], _ = entrants_of(folders[:1], test, sentences, task=None, trust=frozenset())
    tested = entrant.tested
    bins = bins_of([len(model.numbering.source_pieces(each.source, each.extras)) for each in tested])
    points = {point.model: point for point in found.points}
    evaluation = model.recipe.evaluation

    def by_length(point: Point) -> list[Score]:
        return [
            measure(
                evaluation.metrics[:1],
                [point.rounds[0].answers[place] for place in each.places],
                [tested[place].references for place in each.places],
                bleu_tokenizer=evaluation.bleu_tokenizer,
                sources=[tested[place].source for place in each.places],
            )[0]
            for each in bins
        ]

    measured = [
        Measured(trained=each, point=points[each.folder.name], by_length=by_length(points[each.folder.name]))
        for each in trained
        if each.folder.name in points
    ]
    if not measured:
        raise DataError(f"{found.on}: no family could answer it.")
    return FamilyComparison(
        on="pairs held out of training" if test is None else found.on,
        held_out=plan.test is None,
        tested=tested,
        length=plan.length,
        overrides=plan.overrides,
        vocabulary=model.numbering.source_vocabulary.size,
        pairs=sum(len(each) for each in open_data(plan.out / "data").corpora),
        families=measured,
        bins=bins,
        entrant=entrant,
        disturbed=found.disturbed,
        missing=[str(each) for each in found.missing],
    )

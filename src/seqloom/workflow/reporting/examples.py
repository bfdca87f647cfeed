"""Some sentences and the worst ones, each sort of answer as it is best looked at."""

from __future__ import annotations

from seqloom.pages import Block, Prose
from seqloom.workflow.evaluating import Report
from seqloom.workflow.reporting.scores import Sort
from seqloom.workflow.reporting.sentences import badness_of, samples_of, worst_of
from seqloom.workflow.reporting.series import series_of
from seqloom.workflow.use import EvaluationSettings

__all__ = ["sample_blocks", "worst_blocks"]

_SERIES = 4
"""Curves, which take more room than a sentence."""


def sample_blocks(report: Report, sort: Sort, *, number: int) -> list[Block]:
    if sort != "series":
        return [samples_of(report, number=number)]
    step = max(1, len(report.tested) // _SERIES)
    return series_of(report, dict.fromkeys(range(0, len(report.tested), step)[:_SERIES], ""))


def worst_blocks(report: Report, settings: EvaluationSettings, sort: Sort, *, number: int) -> list[Block]:
    if sort != "series":
        return worst_of(report, settings, number=number)
    name, badness = badness_of(report, settings)
    order = sorted(range(len(badness)), key=lambda place: -badness[place])
    told = {place: f"{name} {report.scores[0].shown(badness[place])}" for place in order[:_SERIES]}
    return series_of(report, told) or [Prose(text="There is nothing to show.")]

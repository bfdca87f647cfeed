"""Series as curves: what was forecast beside what came."""

from __future__ import annotations

from collections.abc import Mapping

from seqloom.core.series import SeriesError, read_series
from seqloom.pages import Block, Line, Lines, SideBySide
from seqloom.workflow.answers import Answer
from seqloom.workflow.evaluating import Report

__all__ = ["series_of"]

_BEFORE = 3
"""Times as many frames of the source as of the answer: what came before it."""


def series_of(report: Report, told: Mapping[int, str]) -> list[Block]:
    """The first channel of each of these places, and what is to be said of it."""
    return [SideBySide(blocks=[_chart(report, place, text) for place, text in told.items()])]


def _chart(report: Report, place: int, told: str) -> Lines:
    tested, answer = report.tested[place], report.answers[place]
    came, said = _first(tested.references[0]), _first(answer.text)
    low, high, band = _band(answer)
    before = _first(tested.source)[-_BEFORE * max(len(came), len(said)) :]
    lines = [
        Line(name="before", x=[float(each) for each in range(1 - len(before), 1)], y=before),
        Line(name="answer", x=[float(each) for each in range(1, len(said) + 1)], y=said, low=low, high=high),
        Line(name="reference", x=[float(each) for each in range(1, len(came) + 1)], y=came),
    ]
    return Lines(
        caption=f"Row {place + 1}, first channel" + (f": {told}" if told else "") + band,
        alt=f"{len(said)} frames were said, {len(came)} came",
        lines=[line for line in lines if line.x],
        x="frames after the source",
        y="value",
    )


def _band(answer: Answer) -> tuple[list[float], list[float], str]:
    """Its edges, and what is to be said of it; nothing where there are no quantiles to lie between."""
    if len(answer.quantiles) < 2:
        return [], [], ""
    first, *_, last = answer.quantiles
    low, high = (_first(answer.quantiles[share]) for share in (first, last))
    return low, high, f"; in the band is what lies between {first} % and {last} % of what may come"


def _first(text: str) -> list[float]:
    """Nothing where the text is no series, as a source may be."""
    try:
        return [float(frame[0]) for frame in read_series(text)]
    except SeriesError:
        return []

"""What a report says in figures: scores with intervals, labels and their confusion, confidences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from seqloom.metrics.names import SERIES_METRICS
from seqloom.metrics.reliability import Reliability
from seqloom.metrics.score import Score
from seqloom.pages import Block, Column, Heatmap, Line, Lines, SideBySide, Table, Tile, Tiles
from seqloom.workflow.evaluating import Report
from seqloom.workflow.use import EvaluationSettings

__all__ = ["Sort", "classes_of", "confidences_of", "score_table", "sort_of", "tiles_of"]

Sort = Literal["text", "labels", "tags", "series"]

_TAGS = ("span_f1", "token_accuracy")
_DRAWN = 24
"""Labels of a confusion that is drawn."""
_LISTED = 40


def sort_of(report: Report, settings: EvaluationSettings) -> Sort:
    """What the answers are, as far as it matters to whoever looks for mistakes in them."""
    if settings.metrics[0] in SERIES_METRICS or any(answer.series is not None for answer in report.answers):
        return "series"
    if any("confusion" in score.details for score in report.scores):
        return "labels"
    return "tags" if settings.metrics[0] in _TAGS else "text"


def tiles_of(report: Report) -> Tiles:
    """The scores at a glance, and how fast they were had."""
    tiles = [
        Tile(name=score.name, value=score.shown(score.value), note=_interval(score)) for score in report.scores[:4]
    ]
    speed = len(report.answers) / report.seconds if report.seconds else 0.0
    tiles.append(
        Tile(name="answers", value=f"{len(report.answers):,}", note=f"{report.searched}, {speed:.1f} a second")
    )
    return Tiles(tiles=tiles)


def score_table(reports: Mapping[str, Report]) -> Table:
    """Every score of every file, with what repeats it."""
    columns = [
        Column(title="on", kind="name"),
        Column(title="score"),
        Column(title="value", kind="number"),
        Column(title="95 % interval", kind="number"),
        Column(title="signature"),
    ]
    rows: list[list[str | float | None]] = []
    outside = False
    for name, report in reports.items():
        told = [*report.scores]
        if report.reliability is not None:
            sure = report.reliability
            told += [each for each in (sure.brier, sure.ece, sure.area) if each is not None]
        rows += [[name, *_row(score)] for score in told]
        rows += [[f"{name}, {baseline}", *_row(each)] for baseline, of in report.baselines.items() for each in of]
        outside = outside or any(_outside(score) for score in told)
    return Table(
        caption="Scores with their intervals and signatures",
        columns=columns,
        rows=rows,
        note="An ECE is a distance: chance adds to it, so that what is drawn anew may lie above it." if outside else "",
    )


def _outside(score: Score) -> bool:
    return score.low is not None and score.high is not None and not score.low <= score.value <= score.high


def _row(score: Score) -> list[str]:
    beside = "".join(f"; {name} {score.shown(value)}" for name, value in score.against.items())
    arrow = "↑" if score.higher_is_better else "↓"
    return [f"{score.name} {arrow}", score.shown(score.value), _interval(score), f"`{score.signature}`{beside}"]


def _interval(score: Score) -> str:
    if score.low is None or score.high is None:
        return ""
    return f"{score.shown(score.low)} to {score.shown(score.high)}"


# ---- labels ----------------------------------------------------------------------------------------------------------


def classes_of(report: Report) -> list[Block]:
    """Precision, recall and F1 of each class, and which is taken for which."""
    details: Mapping[str, Any] = next((score.details for score in report.scores if "classes" in score.details), {})
    blocks: list[Block] = []
    if confusion := details.get("confusion"):
        blocks.append(_confusion(confusion))
    if classes := details.get("classes"):
        columns = [Column(title="class", kind="name")]
        columns += [Column(title=title, kind="number") for title in ("precision", "recall", "F1", "wanted")]
        ordered = sorted(classes.items(), key=lambda each: -each[1]["support"])
        rows = [
            [name, *(f"{each[key]:.1f}" for key in ("precision", "recall", "f1")), each["support"]]
            for name, each in ordered[:_LISTED]
        ]
        left = len(ordered) - len(rows)
        note = f"{left:,} rarer classes are left out." if left else ""
        blocks.append(Table(caption="Each class, in percent", columns=columns, rows=rows, note=note))
    return blocks


def _confusion(confusion: Mapping[str, Mapping[str, int]]) -> Block:
    """The most frequent labels; each row as shares of what was wanted, so that rare ones are seen too."""
    wanted = sorted(confusion, key=lambda name: -sum(confusion[name].values()))[:_DRAWN]
    others = sorted({name for row in confusion.values() for name in row} - set(confusion))
    columns = [*wanted, *others[: max(0, _DRAWN - len(wanted))]]
    values = [
        [100 * confusion[name].get(column, 0) / max(1, sum(confusion[name].values())) for column in columns]
        for name in wanted
    ]
    wrong = [
        (count, name, answered)
        for name, row in confusion.items()
        for answered, count in row.items()
        if name != answered
    ]
    most = "; ".join(f"{name} taken for {answered} {count} times" for count, name, answered in sorted(wrong)[::-1][:5])
    return Heatmap(
        caption="Which label is taken for which, in percent of those wanted",
        alt=most or "No label is taken for another",
        rows=wanted,
        columns=columns,
        values=values,
        y="wanted",
        x="answered",
    )


# ---- confidences -----------------------------------------------------------------------------------------------------


def confidences_of(reliability: Reliability) -> list[Block]:
    """Whether they mean what they say, and what the surest answers are worth."""
    bins, points = reliability.bins, reliability.points
    xs = [each.confidence for each in bins]
    drawn = Lines(
        caption=f"Confidence beside quality: ECE {reliability.ece.value:.1f}",
        alt=f"{reliability.measured} by confidence, in {len(bins)} groups of answers",
        lines=[
            Line(name="what they are worth", x=xs, y=[each.quality for each in bins]),
            Line(name="what they should be worth", x=xs, y=xs),
        ],
        x="confidence",
        y=f"{reliability.measured} of an answer, from 0 to 1",
    )
    kept = Lines(
        caption="The surest answers alone",
        alt=f"mean {reliability.measured} from all answers to the surest tenth",
        lines=[
            Line(
                name="quality",
                x=[100 * each.coverage for each in points],
                y=[100 * each.quality for each in points],
            )
        ],
        x="answers kept, in percent",
        y=f"their mean {reliability.measured}, in percent",
    )
    return [SideBySide(blocks=[drawn, kept])]

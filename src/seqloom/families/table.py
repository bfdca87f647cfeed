"""What was measured, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from seqloom.families.comparison import FamilyComparison, Measured
from seqloom.families.findings import findings_of
from seqloom.metrics.score import Score

__all__ = ["lines_of", "with_interval"]


def lines_of(found: FamilyComparison) -> Iterator[str]:
    """Two tables, what the scores are, and what they say."""
    yield (
        f"{found.length} each on {found.pairs:,} pairs, {found.vocabulary:,} tokens of source vocabulary; "
        f"{len(found.tested):,} sentences of {found.on}"
    )
    yield ""
    yield from _aligned([_heads(found), *(_row(each) for each in found.families)], texts=1)
    if len(found.bins) > 1:
        name = found.families[0].score.name
        yield ""
        yield from _aligned(
            [
                [f"{name} by source tokens", *map(str, found.bins)],
                ["sentences", *(str(len(each.places)) for each in found.bins)],
                *([each.title, *(with_interval(score) for score in each.by_length)] for each in found.families),
            ],
            texts=1,
        )
    yield ""
    yield from (f"{score.name}: {score.signature}" for score in found.families[0].point.scores)
    yield from found.warnings
    for said in findings_of(found):
        yield ""
        yield said.question
        yield f"  {said.answer}"


def with_interval(score: Score) -> str:
    """38.4 ± 0.9."""
    sure = "" if score.low is None or score.high is None else f" ± {score.shown((score.high - score.low) / 2)}"
    return score.shown(score.value) + sure


def _heads(found: FamilyComparison) -> list[str]:
    names = [score.name for score in found.families[0].point.scores]
    return ["", *names, "sentences/s", "ms alone", "MB memory", "parameters", "steps", "tokens learnt", "epochs"]


def _row(each: Measured) -> list[str]:
    point, trained = each.point, each.trained
    scores = [
        with_interval(score) if not place else score.shown(score.value) for place, score in enumerate(point.scores)
    ]
    speed = [f"{point.rate:,.1f}", f"{point.latency:,.1f}", f"{point.memory:,.0f}" if point.memory else "?"]
    taught = [f"{trained.steps:,}", f"{trained.tokens:,.0f}", f"{trained.epochs:.1f}"]
    return [each.title, *scores, *speed, f"{trained.parameters:,}", *taught]


def _aligned(rows: Sequence[Sequence[str]], *, texts: int) -> Iterator[str]:
    """The first columns to the left, figures to the right."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = []
        for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - cell_len(cell))
            cells.append(cell + space if place < texts else space + cell)
        yield "  ".join(cells).rstrip()

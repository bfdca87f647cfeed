"""What was measured, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from seqloom.export.bench.comparison import Comparison
from seqloom.export.bench.points import Point
from seqloom.metrics.score import Score

__all__ = ["lines_of"]

_MARK = "*"


def lines_of(comparison: Comparison) -> Iterator[str]:
    """The table, the fastest first; what could not be measured; what the figures mean; what to take."""
    found = comparison
    rounds = "1 round" if found.rounds == 1 else f"{found.rounds} rounds"
    processors = "1 processor" if found.processors == 1 else f"{found.processors} processors"
    yield f"{found.sentences:,} sentences of {found.on}, {rounds}, {processors}"
    yield ""
    yield from _table(found)
    yield ""
    yield f"{_MARK}  no other is better in both {found.points[0].scores[0].name} and speed"
    yield from (f"{score.name}: {score.signature}" for score in found.points[0].scores)
    yield from (
        f"{each.model}, {each.name}: {each.unanswered:,} sentences could not be answered."
        for each in found.points
        if each.unanswered
    )
    if found.disturbed:
        yield f"Other programs used {found.disturbed:.1f} processors meanwhile: on a quiet machine it is faster."
    yield from map(str, found.missing)
    yield ""
    if found.advice.doubt is not None:
        yield found.advice.doubt
    yield str(found.advice)


def _table(found: Comparison) -> Iterator[str]:
    rows = [_heads(found), *(_row(point, found) for point in sorted(found.points, key=lambda each: -each.rate))]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    texts = 2 + found.several  # those stand to the left, figures to the right
    for row in rows:
        yield "  ".join(_padded(*each, left=place < texts) for place, each in enumerate(zip(row, widths, strict=True)))


def _heads(found: Comparison) -> list[str]:
    heads = ["", *(["model"] if found.several else []), "form", *(each.name for each in found.points[0].scores)]
    heads += ["sentences/s", *(["rounds"] if found.rounds > 1 else [])]
    return [*heads, "ms alone", "95 %", "cold s", "MB memory", "MB disk"]


def _row(point: Point, found: Comparison) -> list[str]:
    rates = point.rates
    cells = [_MARK if point in found.front else "", *([point.model] if found.several else []), point.name]
    cells += [_shown(score, sure=not place) for place, score in enumerate(point.scores)]
    cells += [f"{point.rate:,.1f}", *([f"{min(rates):,.1f}–{max(rates):,.1f}"] if found.rounds > 1 else [])]
    cells += [f"{point.latency:,.1f}", f"{point.slow:,.1f}", f"{point.cold:.1f}"]
    return [*cells, f"{point.memory:,.0f}" if point.memory else "?", f"{point.disk:,.1f}"]


def _shown(score: Score, *, sure: bool) -> str:
    interval = "" if score.low is None or score.high is None else f" ± {score.shown((score.high - score.low) / 2)}"
    return score.shown(score.value) + interval * sure


def _padded(cell: str, width: int, *, left: bool) -> str:
    """A Chinese character takes two columns."""
    space = " " * (width - cell_len(cell))
    return cell + space if left else space + cell

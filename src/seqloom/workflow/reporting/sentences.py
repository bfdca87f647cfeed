"""The sentences themselves: some of all, the worst, those that the model was wrongly sure of, the slowest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seqloom.metrics.names import SERIES_METRICS
from seqloom.metrics.texts import measure
from seqloom.pages import Block, Column, Prose, Table
from seqloom.workflow.answers import Answer
from seqloom.workflow.evaluating import Report, Tested
from seqloom.workflow.use import EvaluationSettings

__all__ = ["Ask", "Timed", "badness_of", "rows_table", "samples_of", "short", "slowest_of", "time_slowest", "worst_of"]

Ask = Callable[[Tested], Answer]
"""One question, asked alone."""

_LONGEST = 400
"""Characters of a text that is shown."""
_TIMED = 10
"""The longest, of which one is the slowest."""
_PATIENCE = 1.0
"""Seconds in all for finding out."""


def short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"


def rows_table(
    report: Report, places: Sequence[int], *, caption: str, numbers: Sequence[tuple[str, Sequence[str]]] = ()
) -> Table:
    """Source, answer and reference of these places; ``numbers`` are columns before them."""
    several = max((len(report.tested[place].references) for place in places), default=1) > 1
    columns = [Column(title=title, kind="number") for title, _ in numbers]
    columns += [Column(title=title, kind="sample") for title in ("source", "answer")]
    columns.append(Column(title="one of the references" if several else "reference", kind="sample"))
    rows: list[list[str | float | None]] = []
    for row, place in enumerate(places):
        tested, answer = report.tested[place], report.answers[place]
        said = answer.text if answer.error is None else f"(none: {answer.error})"
        texts = [short(each) for each in (tested.source, said or "(nothing)", tested.references[0])]
        rows.append([*(column[row] for _, column in numbers), *texts])
    return Table(caption=caption, columns=columns, rows=rows)


def samples_of(report: Report, *, number: int) -> Table:
    """Spread evenly, so that nobody chose them."""
    step = len(report.tested) / max(1, min(number, len(report.tested)))
    places = [int(place * step) for place in range(min(number, len(report.tested)))]
    caption = f"{len(places)} of {len(report.tested):,} sentences, spread evenly over the file"
    return rows_table(report, places, caption=caption, numbers=[("confidence", _confidences(report, places))])


# ---- the worst -------------------------------------------------------------------------------------------------------


def worst_of(report: Report, settings: EvaluationSettings, *, number: int) -> list[Block]:
    """By the sentence's own score; and those whose confidence promised most in vain."""
    name, badness = badness_of(report, settings)
    order = sorted(range(len(badness)), key=lambda place: -badness[place])
    wrong = [place for place in order if badness[place] > 0]
    if not wrong:
        return [Prose(text="No answer is wrong.")]
    places = wrong[:number]
    shown = [_shown(report, badness, place) for place in places]
    worst = "The worst" if len(places) == 1 else f"The {len(places)} worst"
    caption = f"{worst} of {len(badness):,} answers, by {name} of each alone"
    blocks: list[Block] = [
        rows_table(
            report, places, caption=caption, numbers=[(name, shown), ("confidence", _confidences(report, places))]
        )
    ]
    if not report.qualities:
        return blocks
    gaps = {
        place: report.answers[place].confidence - report.qualities[place] for place in wrong if _said(report, place)
    }
    sure = sorted((place for place in gaps if gaps[place] > 0.1), key=lambda place: -gaps[place])[: number // 2]
    if sure:
        numbers = [
            ("confidence", _confidences(report, sure)),
            (name, [_shown(report, badness, place) for place in sure]),
        ]
        caption = "Surer than it should have been: the answers whose confidence is farthest above their quality"
        blocks.append(rows_table(report, sure, caption=caption, numbers=numbers))
    return blocks


def badness_of(report: Report, settings: EvaluationSettings) -> tuple[str, list[float]]:
    """What the sentences are put in order by, and how far each is from right."""
    if report.qualities:
        return report.measured, [1 - quality for quality in report.qualities]
    metric = settings.metrics[0]
    found = [
        measure(
            [metric],
            [answer.text],
            [each.references],
            bleu_tokenizer=settings.bleu_tokenizer,
            sources=[each.source] if metric in SERIES_METRICS else None,
            samples=0,
        )[0]
        for answer, each in zip(report.answers, report.tested, strict=True)
    ]
    sign = -1 if report.scores[0].higher_is_better else 1
    return report.scores[0].name, [sign * score.value for score in found]


def _shown(report: Report, badness: Sequence[float], place: int) -> str:
    if report.qualities:
        return f"{100 * report.qualities[place]:.0f}"
    return report.scores[0].shown(abs(badness[place]))


def _said(report: Report, place: int) -> bool:
    return bool(report.answers[place].token_logps) and report.answers[place].error is None


def _confidences(report: Report, places: Sequence[int]) -> list[str]:
    """None of an answer that is no answer, nor of numbers, whose density is no chance."""
    there = [_said(report, place) and report.answers[place].series is None for place in places]
    return [
        f"{report.answers[place].confidence:.2f}" if known else "" for place, known in zip(places, there, strict=True)
    ]


# ---- the slowest -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Timed:
    """How long a question takes that is asked alone."""

    place: int
    seconds: float


def time_slowest(report: Report, ask: Ask) -> tuple[Timed, list[Timed]]:
    """A sentence of middling length, and the longest ones, the slowest first.

    In a batch no answer has a time of its own, so each is asked again by itself. Time follows length: only the longest
    are asked.
    """
    order = sorted(range(len(report.answers)), key=lambda place: -_length(report.answers[place]))
    middle = order[len(order) // 2]
    ask(report.tested[middle])  # what is made at the first question is not its fault
    usual, begun = _timed(report, ask, middle), time.perf_counter()
    found = []
    for place in order[:_TIMED]:
        found.append(_timed(report, ask, place))
        if time.perf_counter() - begun > _PATIENCE:
            break
    return usual, sorted(found, key=lambda each: -each.seconds)


def _length(answer: Answer) -> int:
    return len(answer.source_tokens) + len(answer.token_logps)


def _timed(report: Report, ask: Ask, place: int) -> Timed:
    begun = time.perf_counter()
    ask(report.tested[place])
    return Timed(place=place, seconds=time.perf_counter() - begun)


def slowest_of(report: Report, ask: Ask, *, number: int) -> list[Block]:
    usual, slowest = time_slowest(report, ask)
    shown = slowest[:number]
    lengths = [report.answers[each.place] for each in shown]
    table = rows_table(
        report,
        [each.place for each in shown],
        caption=f"The slowest of the {len(slowest)} longest sentences, each asked alone",
        numbers=[
            ("ms", [f"{1000 * each.seconds:,.0f}" for each in shown]),
            ("tokens read", [f"{len(answer.source_tokens):,}" for answer in lengths]),
            ("and said", [f"{len(answer.token_logps):,}" for answer in lengths]),
        ],
    )
    middle = report.answers[usual.place]
    text = (
        f"A sentence of middling length ({len(middle.source_tokens):,} tokens read, {len(middle.token_logps):,} said) "
        f"takes {1000 * usual.seconds:,.0f} ms alone. In a batch all take less: {len(report.answers):,} answers took "
        f"{report.seconds:,.1f} s together."
    )
    return [Prose(text=text), table]

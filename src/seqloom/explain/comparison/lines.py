"""A comparison as lines for a terminal: what came of it first, then what shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from seqloom.core.clock import clock
from seqloom.explain.columns import aligned
from seqloom.explain.comparison.answered import Answered
from seqloom.explain.comparison.compared import Compared, Contest
from seqloom.explain.comparison.marking import bracketed
from seqloom.explain.comparison.verdict import caution
from seqloom.explain.comparison.where import Example
from seqloom.metrics.groups import GroupComparison

__all__ = ["HEADS", "difference_of", "effort_of", "lines_of", "p_of_sentences", "score_of"]

HEADS = ("sentences/s", "parameters", "MB", "trained in", "steps")
"""Of what a model takes, in the order of ``effort_of``."""


def lines_of(compared: Compared) -> Iterator[str]:
    yield f"{compared.sentences:,} pairs of {compared.on}"
    yield ""
    for contest in compared.contests:
        yield contest.verdict
    if warned := caution(*_fewest(compared)):
        yield warned
    if len(compared.contests) > 1:
        yield f"p is that of {len(compared.contests)} comparisons with {compared.groups[0].name} (Holm)."
    yield ""
    yield from aligned([*_table(compared)])
    yield ""
    for metric in compared.contests[0].found:
        yield f"{metric.name}: {metric.signature}"
    for model in compared.models:
        if model.unanswered:
            yield f"{model.name}: {model.unanswered:,} sentences could not be answered, and count as empty answers."
    for contest in compared.contests:
        yield from _where(contest, compared)


def score_of(values: Sequence[float], found: GroupComparison) -> str:
    """A model's score; of several seeds the mean, and how far they are from it (standard deviation)."""
    mean = found.shown(float(np.mean(values)))
    return f"{mean} ± {found.shown(float(np.std(values, ddof=1)))}" if len(values) > 1 else mean


def effort_of(model: Answered) -> list[str]:
    """The effort, in the order of the table's last columns."""
    effort = model.effort
    return [
        f"{effort.rate:,.1f}",
        "?" if effort.parameters is None else f"{effort.parameters:,}",
        f"{effort.megabytes:,.1f}",
        "?" if effort.trained_seconds is None else clock(effort.trained_seconds),
        "?" if effort.trained_steps is None else f"{effort.trained_steps:,}",
    ]


def _fewest(compared: Compared) -> tuple[int, int]:
    """Seeds of the first group, and the fewest of any other."""
    first, *others = (len(group.members) for group in compared.groups)
    return first, min(others)


def _table(compared: Compared) -> Iterator[list[str]]:
    """A line a group with its differences, and below one of several seeds a line a model."""
    metrics = compared.contests[0].found
    differences = [head for each in metrics for head in (each.name, "", "p")]
    yield ["", *differences, *HEADS]
    for place, group in enumerate(compared.groups):
        contest = compared.contests[max(0, place - 1)]
        cells = [str(group)]
        for found in contest.found:
            cells.append(score_of(found.second if place else found.first, found))
            cells.append(difference_of(found) if place else "")
            cells.append(p_of_sentences(found) if place else "")
        several = len(group.members) > 1
        yield [*cells, *([""] * len(HEADS) if several else effort_of(group.members[0]))]
        if several:
            for number, model in enumerate(group.members):
                values = [(found.second if place else found.first)[number] for found in contest.found]
                shown = [
                    cell for value, found in zip(values, metrics, strict=True) for cell in (found.shown(value), "", "")
                ]
                yield [f"  {model.name}", *shown, *effort_of(model)]


def difference_of(found: GroupComparison) -> str:
    low, high = (found.shown(each, signed=True) for each in (found.low, found.high))
    return f"{found.shown(found.difference, signed=True)} ({low} to {high})"


def p_of_sentences(found: GroupComparison) -> str:
    """Without that of the seeds."""
    return "<0.001" if found.p < 0.001 else f"{found.p:.3f}"


def _where(contest: Contest, compared: Compared) -> Iterator[str]:
    first, second = contest.first.name, contest.second.name
    metric = contest.found[0]
    yield ""
    yield f"{second} beside {first}: {contest.alike:,} of {compared.sentences:,} answers are the same."
    if contest.parts:
        yield ""
        yield f"{metric.name} by the source's length (95 %, each part by itself):"
        rows = [[contest.parts[0].unit, "pairs", first, second, "difference"]]
        for part in contest.parts:
            found = part.found
            rows.append(
                [
                    part.lengths,
                    f"{part.sentences:,}",
                    score_of(found.first, found),
                    score_of(found.second, found),
                    difference_of(found),
                ]
            )
        yield from (f"  {line}" for line in aligned(rows))
    for examples, which in ((contest.better, "better"), (contest.worse, "worse")):
        if examples:
            yield ""
            yield (
                f"Where {second} is {which} by most ([ ]: what the other does not say; the number: "
                f"{contest.first.measured} of the answer by itself):"
            )
            for example in examples:
                yield from _example(example, contest)


def _example(example: Example, contest: Contest) -> Iterator[str]:
    rows = [
        ["source", example.source],
        *(["reference", each] for each in example.references),
        [f"{contest.first.name} {contest.alone(example.first_alone)}", bracketed(example.first)],
        [f"{contest.second.name} {contest.alone(example.second_alone)}", bracketed(example.second)],
    ]
    yield ""
    for number, line in enumerate(aligned(rows, texts=2)):
        head = f"{example.number}:" if number == 0 else ""
        yield f"  {head:<6}{line}"

"""A comparison as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from seqloom.explain.comparison.compared import Compared, Contest
from seqloom.explain.comparison.lines import HEADS, difference_of, effort_of, p_of_sentences, score_of
from seqloom.explain.comparison.verdict import caution, p_of
from seqloom.explain.comparison.where import Example
from seqloom.metrics.groups import GroupComparison
from seqloom.pages import Block, Column, Finding, Interval, Intervals, Page, Prose, Section, Table, Text, Texts

__all__ = ["page_of"]


def page_of(compared: Compared) -> Page:
    first = compared.groups[0].name
    others = " and ".join(each.name for each in compared.groups[1:]) if len(compared.groups) < 4 else "the others"
    blocks: list[Block] = [_finding(each) for each in compared.contests]
    fewest = min(len(each.members) for each in compared.groups[1:])
    if warned := caution(len(compared.groups[0].members), fewest):
        blocks.append(Prose(text=warned))
    sections = [
        Section(title="What came of it", blocks=blocks),
        Section(title="Scores", blocks=[_scores(compared), _signatures(compared)]),
        Section(title="Effort", blocks=[_effort(compared)]),
    ]
    sections += [section for each in compared.contests for section in _where(each, compared)]
    return Page(
        title=f"Is {others} better than {first}?",
        lead=f"{compared.sentences:,} pairs of {compared.on}, answered by every model.",
        sections=sections,
        foot="Made by `seqloom compare`.",
    )


def _finding(contest: Contest) -> Finding:
    found = contest.found[0]
    level: Literal["good", "bad", "note"] = "note"
    if found.told_apart:
        level = "good" if found.better else "bad"
    return Finding(level=level, title=contest.verdict, text=_of_others(contest))


def _of_others(contest: Contest) -> str:
    """What the further metrics say."""
    return " ".join(
        f"{found.name} {found.shown(found.difference, signed=True)} ({p_of(found)})." for found in contest.found[1:]
    )


def _scores(compared: Compared) -> Table:
    """A row a metric and a group: beside each other, metrics would be wider than a window."""
    first, *others = compared.groups
    rows: list[list[str | float | None]] = []
    for metric, base in enumerate(compared.contests[0].found):
        rows.append([base.name, str(first), score_of(base.first, base), None, None, None])
        for group, contest in zip(others, compared.contests, strict=True):
            found = contest.found[metric]
            seeds = None if found.p_seeds is None else f"{found.p_seeds:.3f}"
            rows.append(
                ["", str(group), score_of(found.second, found), difference_of(found), p_of_sentences(found), seeds]
            )
    several = any(len(group.members) > 1 for group in compared.groups)
    notes = [
        "± is the standard deviation of the seeds." if several else "",
        f"p is that of {len(others)} comparisons (Holm)." if len(others) > 1 else "",
    ]
    columns = [Column(title="metric", kind="name"), Column(title="model")]
    columns += [Column(title=each, kind="number") for each in ("score", "difference (95 %)", "p")]
    if any(row[-1] is not None for row in rows):
        columns.append(Column(title="over the seeds", kind="number"))
    return Table(
        caption=f"Each beside {first.name}",
        columns=columns,
        rows=[row[: len(columns)] for row in rows],
        note=" ".join(filter(None, notes)),
    )


def _signatures(compared: Compared) -> Table:
    return Table(
        caption="What is needed to repeat the figures",
        columns=[Column(title="metric", kind="name"), Column(title="signature")],
        rows=[[each.name, f"`{each.signature}`"] for each in compared.contests[0].found],
    )


def _effort(compared: Compared) -> Table:
    return Table(
        caption="Measured in this run, one after the other; what training took is what the folder says",
        columns=[
            Column(title="model", kind="name"),
            *(Column(title=each, kind="number") for each in HEADS),
            Column(title="search"),
        ],
        rows=[[each.name, *effort_of(each), each.searched] for each in compared.models],
    )


def _where(contest: Contest, compared: Compared) -> Iterator[Section]:
    first, second = contest.first, contest.second
    if contest.parts:
        yield Section(
            title=f"By length: {second.name}",
            blocks=[_by_length(contest)],
            lead="About as many pairs each. A part has fewer pairs than the whole, and its interval is wider.",
        )
    blocks: list[Block] = []
    for examples, which in ((contest.better, "better"), (contest.worse, "worse")):
        blocks += [_texts(each, contest, which) for each in examples]
    if blocks:
        yield Section(
            title=f"Where they differ most: {second.name}",
            blocks=blocks,
            lead=f"{contest.alike:,} of {compared.sentences:,} answers are the same. Marked is what the other does not "
            f"say; the number is {first.measured} of the answer by itself, of several seeds the mean.",
        )


def _by_length(contest: Contest) -> Intervals:
    metric = contest.found[0]
    rows = [("all", metric), *((f"{each.lengths} {each.unit}", each.found) for each in contest.parts)]
    return Intervals(
        caption=f"{metric.name} of {contest.second.name} less that of {contest.first.name}, by the source's length",
        alt=f"Differences in {metric.name} with their 95 % intervals, for all pairs and by the source's length.",
        intervals=[_interval(name, found) for name, found in rows],
        x=f"difference in {metric.name}",
        sides=_sides(contest, metric),
    )


def _interval(name: str, found: GroupComparison) -> Interval:
    shown = found.shown(found.difference, signed=True)
    return Interval(name=name, value=found.difference, low=found.low, high=found.high, shown=shown)


def _sides(contest: Contest, metric: GroupComparison) -> tuple[str, str]:
    worse, better = (f"{each.name} is better" for each in (contest.first, contest.second))
    return (worse, better) if metric.higher_is_better else (better, worse)


def _texts(example: Example, contest: Contest, which: str) -> Texts:
    first, second = contest.first, contest.second
    return Texts(
        title=f"Pair {example.number:,}: {second.name} is {which}",
        texts=[
            Text(name="source", parts=_plain(example.source)),
            *(Text(name="reference", parts=_plain(each)) for each in example.references),
            Text(name=first.name, parts=example.first, note=contest.alone(example.first_alone)),
            Text(name=second.name, parts=example.second, note=contest.alone(example.second_alone)),
        ],
    )


def _plain(text: str) -> Sequence[tuple[str, bool]]:
    return [(text, False)]

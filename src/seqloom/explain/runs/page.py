"""Runs side by side as a page: the list, curves, settings that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from seqloom.explain.runs.lines import HEADS, cells_of
from seqloom.explain.runs.listing import Listing
from seqloom.explain.runs.run import Curve, Run, thinned
from seqloom.pages import Block, Column, Line, Lines, Page, Prose, Section, SideBySide, Table

__all__ = ["page_of"]

_COLOURS = 6
"""Curves that can be told apart."""


def page_of(listing: Listing, *, on: str) -> Page:
    sections = [Section(title="Runs", blocks=[_list(listing)])]
    if curves := [*_curves(listing)]:
        sections.append(Section(title="Curves", blocks=curves))
    sections.append(Section(title="Settings that differ", blocks=[_differing(listing)]))
    several = "1 run" if len(listing.runs) == 1 else f"{len(listing.runs):,} runs"
    return Page(
        title=f"Runs of {on}", lead=f"{several}, the newest first.", sections=sections, foot="Made by `seqloom runs`."
    )


def _list(listing: Listing) -> Table:
    kinds: dict[str, Literal["name", "text"]] = {"run": "name", "model": "text", "state": "text"}
    columns = [Column(title=head, kind=kinds.get(head, "number")) for head in HEADS]
    columns.append(Column(title="for"))
    note = " ".join(f"{run.name}: {run.why}." for run in listing.runs if run.why)
    return Table(
        caption="`best` is the validation's score of the weights that were chosen, by the search of training",
        columns=columns,
        rows=[[*cells_of(run), run.about] for run in listing.runs],
        note=note,
    )


def _curves(listing: Listing) -> Iterator[Block]:
    """By metric: runs of different metrics share no axis."""
    for metric in dict.fromkeys(run.metric for run in listing.told):
        runs = [run for run in listing.told if run.metric == metric and run.validation.values]
        yield from _pair(runs, lambda run: run.validation, metric, f"{metric} of the validation")
    runs = [run for run in listing.told if run.loss.values]
    yield from _pair(runs, lambda run: run.loss, "loss", "Loss in training, smoothed")


def _pair(runs: Sequence[Run], curve: Callable[[Run], Curve], y: str, caption: str) -> Iterator[Block]:
    """By steps and by time, beside each other."""
    if not runs:
        return
    shown = runs[:_COLOURS]
    blocks: list[Block] = [_lines(shown, curve, y, f"{caption}, by steps", by_time=False)]
    timed = [run for run in shown if curve(run).seconds]
    if timed:
        blocks.append(_lines(timed, curve, y, f"{caption}, by time", by_time=True))
    yield SideBySide(blocks=blocks)
    if len(runs) > len(shown):
        yield Prose(text=f"The newest {len(shown)} of {len(runs)} runs are drawn.")


def _lines(runs: Sequence[Run], curve: Callable[[Run], Curve], y: str, caption: str, *, by_time: bool) -> Lines:
    longest = max((max(curve(run).seconds) for run in runs if curve(run).seconds), default=0.0)
    unit, seconds = ("minutes", 60.0) if longest >= 120 else ("seconds", 1.0)
    lines = []
    for run in runs:
        found = curve(run)
        across = [each / seconds for each in found.seconds] if by_time else [float(each) for each in found.steps]
        points = thinned(len(across))
        lines.append(
            Line(
                name=run.name,
                x=[round(across[place], 3) for place in points],
                y=[round(found.values[place], 4) for place in points],
            )
        )
    return Lines(
        caption=caption,
        alt=f"{caption}, of {', '.join(run.name for run in runs)}.",
        lines=lines,
        x=unit if by_time else "steps",
        y=y,
    )


def _differing(listing: Listing) -> Block:
    differing = listing.differing
    if not differing:
        return Prose(text="None." if len(listing.told) > 1 else "There is one run.")
    return Table(
        caption="A recipe's keys, the data by its checksums, and the machine",
        columns=[Column(title="setting", kind="name"), *(Column(title=run.name) for run in listing.told)],
        rows=[[f"`{each.key}`", *each.values] for each in differing],
    )

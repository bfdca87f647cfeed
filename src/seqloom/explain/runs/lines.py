"""Runs as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from seqloom.core.clock import clock
from seqloom.explain.columns import aligned
from seqloom.explain.runs.listing import Differing, Listing
from seqloom.explain.runs.run import Run

__all__ = ["HEADS", "cells_of", "lines_of"]

HEADS = ("run", "when", "model", "state", "steps", "best", "time", "parameters", "MB")
_MOST = 20
"""Settings that are shown."""
_LONGEST = 60
"""Characters of a value."""


def lines_of(listing: Listing, *, every: bool = False) -> Iterator[str]:
    """``every``: all settings that differ, however many."""
    yield from aligned([HEADS, *map(cells_of, listing.runs)], texts=4)
    for run in listing.runs:
        if run.why:
            yield f"{run.name}: {run.why}"
    differing = listing.differing
    if not differing:
        if len(listing.told) > 1:
            yield ""
            yield "No setting differs."
        return
    yield ""
    yield "Settings that differ:"
    shown = differing if every or len(differing) <= _MOST else differing[:_MOST]
    for each in shown:
        yield f"  {each.key}"
        for value, names in _by_value(each, listing):
            yield f"    {value:<12} {names}"
    if len(shown) < len(differing):
        yield f"  … and {len(differing) - len(shown)} more: name fewer runs, or `--settings` for all."


def cells_of(run: Run) -> list[str]:
    best = "" if run.best is None else f"{run.metric} {run.best:.4g}"
    steps = "" if run.steps is None else f"{run.steps:,}"
    if run.state in ("running", "interrupted") and run.planned is not None:
        steps = f"{steps} of {run.planned:,}"
    return [
        run.name,
        run.when.astimezone().strftime("%Y-%m-%d %H:%M"),
        run.kinds,
        run.state,
        steps,
        best,
        "" if run.seconds is None else clock(run.seconds),
        "" if run.parameters is None else f"{run.parameters:,}",
        "" if run.megabytes is None else f"{run.megabytes:,.1f}",
    ]


def _by_value(differing: Differing, listing: Listing) -> Iterator[tuple[str, str]]:
    names: dict[str, list[str]] = {}
    for value, run in zip(differing.values, listing.told, strict=True):
        names.setdefault(value, []).append(run.name)
    for value, runs in names.items():
        yield value if len(value) <= _LONGEST else f"{value[: _LONGEST - 2]} …", ", ".join(runs)

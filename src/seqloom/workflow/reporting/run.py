"""The page at the end of a training: how it went, what the model is worth, where it fails."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import seqloom
from seqloom.core import settings
from seqloom.core.clock import clock
from seqloom.core.files import read_json
from seqloom.core.logging import logger
from seqloom.pages import Block, Column, Details, Page, Prose, Section, Table, Tile, Tiles
from seqloom.workflow.evaluating import Report
from seqloom.workflow.reporting.curves import curves_of, read_log
from seqloom.workflow.reporting.examples import sample_blocks, worst_blocks
from seqloom.workflow.reporting.scores import classes_of, score_table, sort_of, tiles_of
from seqloom.workflow.reporting.sentences import Ask, slowest_of
from seqloom.workflow.use import Use

__all__ = ["PAGE", "write_run"]

PAGE = "report.html"
_SAMPLES, _WORST, _SLOWEST = 8, 8, 5

_ENDS = {
    "steps": "trained to the end",
    "patience": "ended early, no better for a while",
    "interrupted": "interrupted: go on with `--resume`",
}


def write_run(
    folder: Path,
    recipe: Use,
    reports: Mapping[str, Report],
    metrics: Mapping[str, Any],
    seen: Mapping[str, Any],
    *,
    ask: Ask | None,
) -> float | None:
    """Write ``report.html`` into a run's folder; the seconds that it took.

    Whatever goes wrong here is one line in the log and None: a model that took hours is not lost for its picture.
    ``ask`` answers one question alone; None where nothing is to be timed.
    """
    begun = time.perf_counter()
    try:
        _page(folder, recipe, reports, metrics, seen, ask=ask).write(folder / PAGE)
    except Exception as error:
        logger.warning(
            "%s could not be made (%s: %s); everything else is saved.",
            folder / PAGE,
            type(error).__name__,
            " ".join(str(error).split()),
        )
        return None
    return time.perf_counter() - begun


def _page(
    folder: Path,
    recipe: Use,
    reports: Mapping[str, Report],
    metrics: Mapping[str, Any],
    seen: Mapping[str, Any],
    *,
    ask: Ask | None,
) -> Page:
    sections = [Section(title="The training", blocks=_training(folder, metrics))]
    if reports:
        sections.append(Section(title="Scores", blocks=[score_table(reports)]))
    for place, (name, report) in enumerate(reports.items()):
        sections += _of_report(name, report, recipe, ask=None if place else ask)
    sections.append(Section(title="Data and settings", blocks=_about(folder, recipe, seen)))
    return Page(
        title=f"Run {folder.resolve().name}",
        lead=recipe.about,
        sections=sections,
        foot=f"Made by Seqloom {seqloom.__version__}. The same figures for programs: `metrics.json`, `log.jsonl`.",
    )


def _training(folder: Path, metrics: Mapping[str, Any]) -> list[Block]:
    ended = _ENDS.get(metrics["stopped"], metrics["stopped"])
    tiles = [
        Tile(name="steps", value=f"{metrics['steps']:,}", note=ended),
        Tile(name="time", value=clock(metrics["seconds"]), note="of training, pauses left out"),
    ]
    history = metrics.get("history") or []
    if best := next((each for each in reversed(history) if each.get("best")), None):
        tiles.append(
            Tile(name="best validation", value=f"{best['score']:.4g}", note=f"at step {best['step']:,} of training")
        )
    note = Prose(
        text="The training's loss has in it what regularises (dropout, label smoothing) and is a running mean; the "
        "validation's is that of plain forcing, so it may lie below."
    )
    return [Tiles(tiles=tiles), *curves_of(read_log(folder / "log.jsonl")), note]


def _of_report(name: str, report: Report, recipe: Use, *, ask: Ask | None) -> list[Section]:
    """A file's sentences. What a further task is measured by is in its scores."""
    sort = sort_of(report, recipe.evaluation)
    blocks = [tiles_of(report), *sample_blocks(report, sort, number=_SAMPLES), *classes_of(report)]
    sections = [Section(title=f"On {name}", blocks=blocks)]
    sections.append(
        Section(title=f"The worst on {name}", blocks=worst_blocks(report, recipe.evaluation, sort, number=_WORST))
    )
    if ask is not None:
        sections.append(Section(title=f"The slowest on {name}", blocks=slowest_of(report, ask, number=_SLOWEST)))
    return sections


def _about(folder: Path, recipe: Use, seen: Mapping[str, Any]) -> list[Block]:
    lines = [[line] for line in seen.get("lines", ())]
    manifest = _manifest(folder)
    versions = {"seqloom": manifest.get("seqloom", ""), "python": manifest.get("python", "")}
    versions |= manifest.get("libraries", {})
    about = [
        *versions.items(),
        *((key, manifest.get(key)) for key in ("device", "threads", "seed", "budget", "created")),
    ]
    blocks: list[Block] = []
    if lines:
        blocks.append(Table(caption="What was read, and what cleaning did", columns=[Column(title="data")], rows=lines))
    settings_rows = [[f"`{key}`", str(value)] for key, value in settings.flat(settings.to_data(recipe))]
    blocks += [
        _folded("Every setting", "The resolved recipe", ("setting", "value"), settings_rows),
        _folded(
            "The machine and its libraries",
            "From `manifest.json`",
            ("what", "is"),
            [[k, str(v)] for k, v in about if v not in (None, "")],
        ),
    ]
    return blocks


def _folded(summary: str, caption: str, titles: tuple[str, str], rows: list[list[str]]) -> Details:
    columns = [Column(title=titles[0]), Column(title=titles[1], kind="sample")]
    return Details(summary=summary, blocks=[Table(caption=caption, columns=columns, rows=rows)])


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / "manifest.json"
    found: Mapping[str, Any] = read_json(path) if path.is_file() else {}
    return found

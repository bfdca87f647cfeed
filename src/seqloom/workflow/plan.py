"""What is about to happen, before any time is spent on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from seqloom.core.clock import clock
from seqloom.core.specials import Specials
from seqloom.data.numbering import Numbering
from seqloom.training.precision import resolve
from seqloom.training.trainer import Trainer
from seqloom.workflow.preparing import Prepared
from seqloom.workflow.recipe import Recipe

__all__ = ["Planned", "planned"]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The plan, in lines of a name and what it is."""

    folder: Path
    lines: tuple[tuple[str, str], ...]
    steps: int
    first: int
    """The step that the run begins behind."""


def planned(
    trainer: Trainer,
    recipe: Recipe,
    numbering: Numbering,
    data: Prepared,
    *,
    folder: Path,
    resumed: bool,
    chosen: str = "",
    teacher: Mapping[str, Any] | None = None,
) -> Planned:
    """``chosen``: what a budget made of the recipe; ``teacher``: as the manifest of a student names it."""
    plan = trainer.plan
    assert plan is not None
    pairs = sum(len(corpus) for corpus in data.corpora)
    parameters = sum(parameter.numel() for parameter in trainer.model.parameters())
    kinds = f"{recipe.model.encoder.kind} → {recipe.model.decoder.kind}"
    source, target = _size(numbering.source_vocabulary), _size(numbering.target_vocabulary)
    vocabulary = f"{source} joint" if recipe.data.joint else f"{source} source, {target} target"
    precision = resolve(recipe.training.precision, trainer.learner.device)
    lines = [
        ("folder", str(folder)),
        ("data", f"{pairs:,} pairs to learn from, {len(data.valid_rows):,} to choose on"),
        *(("", line) for line in data.report["lines"]),
        *([] if teacher is None else [("teacher", f"{teacher['folder']}: {teacher['pairs']}")]),
        *(("task", _task(name, recipe, numbering, data)) for name in data.tasks),
        ("vocabulary", f"{vocabulary} ({recipe.data.tokenizer.kind})"),
        ("model", f"{kinds}, {parameters:,} parameters"),
        ("steps", f"{plan.steps:,} of about {recipe.data.batches.tokens:,} tokens, {plan.epochs:.1f} epochs"),
        ("on", f"{_device(trainer)}, {precision}, validated every {plan.validate_every:,} steps"),
    ]
    if chosen:
        lines.append(("budget", chosen))
    if plan.seconds is not None:
        aside = "" if plan.validation_seconds else ", validations aside"
        lines.append(("time", f"about {clock(plan.seconds)}{aside}"))
    if plan.peak_bytes is not None:
        lines.append(("memory", f"about {plan.peak_bytes / 2**20:,.0f} MB"))
    if resumed:
        lines.append(("resumed", f"behind step {trainer.step:,}"))
    return Planned(folder=folder, lines=tuple(lines), steps=plan.steps, first=trainer.step)


def _task(name: str, recipe: Recipe, numbering: Numbering, data: Prepared) -> str:
    pairs = sum(len(corpus) for corpus in data.tasks[name].corpora)
    size = _size(numbering.tasks[name].target_vocabulary)
    share = recipe.data.tasks[name].share
    return (
        f"{name}: {pairs:,} pairs, {share:g} batches for each of the main task; "
        f"{recipe.model.tasks[name].decoder.kind} decoder, {size} target"
    )


def _size(vocabulary: Specials) -> str:
    """Of tokens how many there are; of frames how wide they are."""
    return f"{vocabulary.channels:,}-channel" if vocabulary.channels else f"{vocabulary.size:,}"


def _device(trainer: Trainer) -> str:
    if trainer.learner.device.type == "cuda":
        return torch.cuda.get_device_name(trainer.learner.device)
    threads = trainer.settings.threads or torch.get_num_threads()
    return f"processor, {threads} thread{'s' if threads > 1 else ''}"

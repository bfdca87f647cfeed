"""What is about to happen, before any time is spent on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from seqloom.data.numbering import Numbering
from seqloom.training.precision import resolve
from seqloom.training.trainer import Trainer
from seqloom.workflow.preparing import Prepared
from seqloom.workflow.recipe import Recipe

__all__ = ["Planned", "clock", "planned"]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The plan, in lines of a name and what it is."""

    folder: Path
    lines: tuple[tuple[str, str], ...]
    steps: int
    first: int
    """The step that the run begins behind."""


def planned(
    trainer: Trainer, recipe: Recipe, numbering: Numbering, data: Prepared, *, folder: Path, resumed: bool
) -> Planned:
    plan = trainer.plan
    assert plan is not None
    pairs = sum(len(corpus) for corpus in data.corpora)
    parameters = sum(parameter.numel() for parameter in trainer.model.parameters())
    kinds = f"{recipe.model.encoder.kind} → {recipe.model.decoder.kind}"
    source, target = numbering.source_vocabulary.size, numbering.target_vocabulary.size
    vocabulary = f"{source:,} joint" if recipe.data.joint else f"{source:,} source, {target:,} target"
    precision = resolve(recipe.training.precision, trainer.learner.device)
    lines = [
        ("folder", str(folder)),
        ("data", f"{pairs:,} pairs to learn from, {len(data.valid_rows):,} to choose on"),
        *(("", line) for line in data.report["lines"]),
        ("vocabulary", f"{vocabulary} ({recipe.data.tokenizer.kind})"),
        ("model", f"{kinds}, {parameters:,} parameters"),
        ("steps", f"{plan.steps:,} of about {recipe.data.batches.tokens:,} tokens, {plan.epochs:.1f} epochs"),
        ("on", f"{_device(trainer)}, {precision}, validated every {plan.validate_every:,} steps"),
    ]
    if plan.seconds is not None:
        aside = "" if plan.validation_seconds else ", validations aside"
        lines.append(("time", f"about {clock(plan.seconds)}{aside}"))
    if plan.peak_bytes is not None:
        lines.append(("memory", f"about {plan.peak_bytes / 2**20:,.0f} MB"))
    if resumed:
        lines.append(("resumed", f"behind step {trainer.step:,}"))
    return Planned(folder=folder, lines=tuple(lines), steps=plan.steps, first=trainer.step)


def clock(seconds: float) -> str:
    """ "2 h 05 min", "3 min 20 s", "14 s"."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"


def _device(trainer: Trainer) -> str:
    if trainer.learner.device.type == "cuda":
        return torch.cuda.get_device_name(trainer.learner.device)
    return f"processor, {torch.get_num_threads()} threads"

"""The model's card: what it is, what it was made of and what it is worth, for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from seqloom.core.files import write_text
from seqloom.workflow.evaluating import Report
from seqloom.workflow.plan import clock
from seqloom.workflow.recipe import Recipe

__all__ = ["write_card"]

_SAMPLES = 5


def write_card(
    folder: Path,
    recipe: Recipe,
    network: nn.Module,
    reports: Mapping[str, Report],
    metrics: Mapping[str, Any],
    seen: Mapping[str, Any],
) -> None:
    parameters = sum(parameter.numel() for parameter in network.parameters())
    model = recipe.model
    parts = [
        f"# {folder.name}",
        recipe.about or "A model made with Seqloom.",
        f"{model.encoder.kind} encoder, {model.decoder.kind} decoder, {model.head.kind} head; "
        f"{parameters:,} parameters. Trained for {metrics['steps']:,} steps in {clock(metrics['seconds'])}.",
        "## Data",
        "\n".join(f"- {line}" for line in seen["lines"]) or "- not known",
        "## Scores",
    ]
    for name, report in reports.items():
        parts.append(f"On {name} ({len(report.answers):,} sources, {report.searched}):")
        parts.append("\n".join(f"- {score}" for score in report.scores))
    if not reports:
        parts.append("Not measured.")
    for name, report in list(reports.items())[:1]:
        rows = [
            f"| {_cell(each.source)} | {_cell(answer.text)} | {_cell(each.references[0])} |"
            for each, answer in list(zip(report.tested, report.answers, strict=True))[:_SAMPLES]
        ]
        parts.append(f"## Samples from {name}")
        parts.append("\n".join(["| source | answer | reference |", "|---|---|---|", *rows]))
    parts += [
        "## Use",
        f'```\nseqloom predict {folder} FILE\n```\n\n```python\nimport seqloom\n\nmodel = seqloom.load("{folder}")\n'
        'answers = model.predict(["…"])\n```',
        "It knows what its pairs taught it and nothing else; look at its answers before you rely on them.",
    ]
    write_text(folder / "card.md", "\n\n".join(parts) + "\n")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

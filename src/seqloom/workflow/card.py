"""The model's card: what it is, what it was made of and what it is worth, for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from seqloom.core.clock import clock
from seqloom.core.files import write_text
from seqloom.workflow.evaluating import Report
from seqloom.workflow.recipe import Recipe

__all__ = ["write_card"]

_SAMPLES = 5
_LONGEST = 400
"""Characters of a text that is shown."""


def write_card(
    folder: Path,
    recipe: Recipe,
    network: nn.Module,
    reports: Mapping[str, Report],
    metrics: Mapping[str, Any],
    seen: Mapping[str, Any],
    *,
    teacher: Mapping[str, Any] | None = None,
) -> None:
    """``teacher``: as the manifest of a student names it."""
    parameters = sum(parameter.numel() for parameter in network.parameters())
    model = recipe.model
    parts = [
        f"# {folder.name}",
        recipe.about or "A model made with Seqloom.",
        f"{model.encoder.kind} encoder, {model.decoder.kind} decoder, {model.head.kind} head; "
        f"{parameters:,} parameters. Trained for {metrics['steps']:,} steps in {clock(metrics['seconds'])}.",
        *([] if teacher is None else [f"A student of {teacher['folder']} ({teacher['id']}): {teacher['pairs']}."]),
        "## Data",
        "\n".join(f"- {line}" for line in seen["lines"]) or "- not known",
        "## Scores",
    ]
    for name, report in reports.items():
        parts.append(f"On {name} ({len(report.answers):,} sources, {report.searched}):")
        parts.append("\n".join(f"- {line}" for line in report.lines))
    if not reports:
        parts.append("Not measured.")
    else:
        parts += ["## Confidence", _confidence(*reports.values())]
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


def _confidence(first: Report, *others: Report) -> str:
    """What the number beside an answer means, and how far it was from that."""
    calibration = first.answers[0].calibration
    if not calibration.fitted:
        return (
            "Not calibrated: the confidence of an answer is the geometric mean of its tokens' probabilities, which may "
            "be far from how often it is right."
        )
    told = [report.reliability for report in (*others, first) if report.reliability is not None]
    if not told:
        return "Not known: there was nothing to answer."
    meaning = f"the {told[0].measured} to be expected of it" if told[0].brier is None else "the chance that it is right"
    where = "other" if others else "these"
    return (
        f"The confidence of an answer is {meaning}, that of a token the chance that it is the right one. Both were "
        f"fitted to the {calibration.pairs:,} {calibration.fitted} pairs; on {where} pairs the confidences of the "
        f"answers are off by {told[0].ece.value:.1f} hundredths (ECE). For sources unlike those they say less."
    )


def _cell(text: str) -> str:
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"
    return shown.replace("|", "\\|").replace("\n", " ")

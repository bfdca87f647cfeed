"""What a model has learnt, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import seqloom
from seqloom.core.errors import DataError, DecodingError
from seqloom.data.rows import Row
from seqloom.explain.insight.matrices import Matrix
from seqloom.explain.learnt.embeddings import Plane, planes_of
from seqloom.explain.learnt.heads import entropies_of
from seqloom.pages import Block, Heatmap, Page, Point, Points, Prose, Section
from seqloom.workflow.asking import asking_of
from seqloom.workflow.model import Model
from seqloom.workflow.reporting.evaluation import check_page, doubt_of, evaluated_on, sections_of
from seqloom.workflow.speaker import Speaker

__all__ = ["check_learnt", "learnt_of", "write_learnt"]

_PAIRS = 2000
"""Looked at for embeddings and heads, which do not change much behind so many."""


def check_learnt(path: Path | None) -> Path:
    """Refuses, before there is work in it, what no page can be written to."""
    if path is None:
        raise DataError("`--test` needs a page to be on, but there is no `--out`. Add `-o learnt.html`.")
    check_page(path)
    return path


def write_learnt(path: Path, speaker: Speaker, file: str, *, name: str, beam: int | None = None) -> None:
    learnt_of(speaker, file, name=name, beam=beam).write(path)


def learnt_of(speaker: Speaker, file: str, *, name: str, beam: int | None = None) -> Page:
    """``name`` is the model's; the file should be of pairs that it has not learnt from."""
    if not isinstance(speaker, Model):
        raise DecodingError("`--test` looks into a model, which no export allows. Take the model that it was made of.")
    if numbers := [*speaker.numbering.channels]:
        raise DecodingError(
            f"`--test` looks at the tokens of a model, but the {' and the '.join(numbers)} of this one is a series of "
            "numbers. `seqloom evaluate --out` shows what its answers are worth."
        )
    asking = asking_of(speaker.recipe.answers, beam=beam)
    report = evaluated_on(speaker, file, asking)
    rows = [Row(source=each.source, targets=(each.references[0],), extras=each.extras) for each in report.tested]
    numbered = [speaker.pair(speaker.cleaned(row))[0] for row in rows[:_PAIRS] if row.source.strip()]
    longest = speaker.network.decoder.longest or max(len(pair.target) for pair in numbered) + 1
    fitting = [pair for pair in numbered if len(pair.target) < longest]
    sections = [
        Section(title="The tokens as it knows them", lead=_LEAD, blocks=_planes(planes_of(speaker, fitting))),
        Section(title="How widely its heads look", blocks=_heads(entropies_of(speaker, fitting))),
        *sections_of(report, speaker, file=file),
    ]
    return Page(
        title=f"What {name} has learnt",
        lead=f"{len(report.answers):,} answers, {report.searched}. {doubt_of(report)}",
        sections=sections,
        foot=f"Made by Seqloom {seqloom.__version__}.",
    )


_LEAD = (
    "The vectors of the most frequent tokens, seen from where they differ most (principal components). What lies "
    "together is alike to the model; the larger, the more frequent."
)

_BITS = "0 bits is to look at one place, 1 at two alike, 2 at four."


def _planes(planes: Mapping[str, Plane]) -> list[Block]:
    blocks: list[Block] = []
    for side, plane in planes.items():
        most = max(spot.count for spot in plane.spots)
        points = [Point(name=each.token, x=each.x, y=each.y, weight=(each.count / most) ** 0.5) for each in plane.spots]
        named = ", ".join(each.token for each in plane.spots[:8])
        blocks.append(
            Points(
                caption=f"Tokens {side}: the {len(points):,} most frequent; {100 * plane.share:.0f} % of the variance",
                alt=f"The tokens {side} as points; the most frequent are {named}",
                points=points,
            )
        )
    return blocks or [Prose(text="There are too few tokens to draw.")]


def _heads(entropies: Matrix | None) -> list[Block]:
    if entropies is None:
        return [Prose(text="This decoder has no attention: it is told of the source in one vector.")]
    heads = [f"head {number}" for number in range(1, len(entropies[0]) + 1)]
    layers = [f"decoder {number}" for number in range(1, len(entropies) + 1)]
    every = {
        (layer, head): bits
        for layer, row in zip(layers, entropies, strict=True)
        for head, bits in zip(heads, row, strict=True)
    }
    if len(every) == 1:
        [bits] = every.values()
        return [Prose(text=f"There is one head: {bits:.2f} bits on the mean. {_BITS}")]
    sharpest = min(every, key=every.__getitem__)
    text = f"{_BITS} The sharpest is {', '.join(sharpest)}, with {every[sharpest]:.2f}."
    return [
        Prose(text=text),
        Heatmap(
            caption="Entropy of each head's attention, on the mean of all tokens said",
            alt=text,
            rows=layers,
            columns=heads,
            values=entropies,
        ),
    ]

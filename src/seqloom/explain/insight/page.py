"""An explanation as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import seqloom
from seqloom.explain.insight.attention import Attention, Layer
from seqloom.explain.insight.attribution import METHODS, Attribution, whole
from seqloom.explain.insight.branches import drawn_tree
from seqloom.explain.insight.contrast import Contrast
from seqloom.explain.insight.erasure import Faithfulness
from seqloom.explain.insight.explanation import Explanation
from seqloom.explain.insight.matrices import Matrix
from seqloom.explain.insight.neighbours import Neighbour
from seqloom.explain.insight.own_attention import SelfAttention
from seqloom.explain.insight.tree import SearchTree
from seqloom.pages import (
    Bands,
    Block,
    Column,
    Details,
    Heatmap,
    Page,
    Prose,
    Section,
    Shades,
    SideBySide,
    Table,
    Tile,
    Tiles,
    seen,
)

__all__ = ["heatmap_of", "page_of"]

_MOST = 40
"""Tokens of a side, up to which each has a name beside a heat map."""


def page_of(explained: Explanation, *, name: str) -> Page:
    """``name`` is the model's."""
    sections = [Section(title="The answer", blocks=_answer(explained))]
    if explained.attention is not None:
        lead = "A row a token said, a column a token read: the stronger the shade, the more the model looked there."
        sections.append(Section(title="Where it looked", lead=lead, blocks=_looked(explained, explained.attention)))
    if explained.self_attention is not None:
        lead = "Attention of each side to its own tokens: a row a token that looks, a column a token it looked at."
        blocks = _own(explained, explained.self_attention)
        sections.append(Section(title="What it looked at within each side", lead=lead, blocks=blocks))
    if explained.attribution is not None:
        lead = (
            "What each token read was worth for the probability of each token said, in nats. Blue spoke for it, orange "
            "against it."
        )
        blocks = _attributed(explained, explained.attribution)
        sections.append(Section(title="What made it say that", lead=lead, blocks=blocks))
    if explained.contrast is not None:
        sections.append(Section(title="Why not otherwise", blocks=_contrasted(explained, explained.contrast)))
    if explained.alternatives is not None:
        sections.append(Section(title="What else it might have said", blocks=[_alternatives(explained)]))
    if explained.search is not None:
        sections.append(Section(title="How it was found", blocks=_searched(explained.search)))
    if explained.neighbours is not None:
        lead = "The pairs whose sources the encoder takes for most alike (1 less the cosine of the mean states)."
        sections.append(Section(title="What it has seen", lead=lead, blocks=[_neighbours(explained.neighbours)]))
    if explained.missing:
        sections.append(Section(title="What is not here", blocks=[_missing(explained.missing)]))
    return Page(
        title=f"Why {name} says so",
        lead=" ".join((f"{explained.source} → {explained.target}", *explained.notes)),
        sections=sections,
        foot=f"Made by Seqloom {seqloom.__version__}.",
    )


def _answer(explained: Explanation) -> list[Block]:
    logps = explained.token_logps
    least = min(range(len(logps)), key=logps.__getitem__)
    said = "said by the model" if explained.chosen else "given, not chosen by the model"
    tiles = [
        Tile(name="Log-probability", value=f"{sum(logps):.2f}", note=said),
        Tile(name="A token on the mean", value=_percent(sum(logps) / len(logps)), note=f"{len(logps)} with the end"),
        Tile(
            name="Least sure of",
            value=seen(explained.target_tokens[least]),
            note=f"{_percent(logps[least])}, place {least}",
        ),
    ]
    shades = Shades(
        caption="How sure it was of each token, given those before it",
        tokens=explained.target_tokens,
        values=[math.exp(logp) for logp in logps],
        figures=[_percent(logp) for logp in logps],
    )
    return [Tiles(tiles=tiles), shades]


def _looked(explained: Explanation, attention: Attention) -> list[Block]:
    blocks: list[Block] = []
    if attention.aligned:
        blocks.append(
            Bands(
                caption="Alignment: blue where a token looked most",
                alt=_aligned(explained, attention),
                above=explained.source_tokens,
                below=explained.target_tokens[:-1],
                shares=attention.soft[:-1],
                decided=attention.aligned,
                names=("read", "said"),
            )
        )
    several = sum(len(layer.heads) for layer in attention.layers) > 1
    caption = "All heads and layers together" if several else "Attention"
    maps = [heatmap_of(explained, attention.mean, caption=caption, places=attention.places)]
    if attention.rollout is not None:
        caption = "Followed through the encoder's own attention (rollout)"
        maps.append(heatmap_of(explained, attention.rollout, caption=caption))
    blocks.append(SideBySide(blocks=maps))
    if several:
        blocks += [_heads(explained, attention), _entropies(attention.layers)]
    return blocks


def _heads(explained: Explanation, attention: Attention) -> Block:
    maps = [
        heatmap_of(explained, head, caption=f"{layer.name}, head {number}", places=attention.places, figures=False)
        for layer in attention.layers
        for number, head in enumerate(layer.heads, start=1)
    ]
    return Details(summary=f"Each of the {len(maps)} heads", blocks=[SideBySide(blocks=maps)])


def _own(explained: Explanation, attention: SelfAttention) -> list[Block]:
    sides = {
        "Encoder, all heads and layers together": attention.encoder,
        "Decoder, all heads and layers together": attention.decoder,
    }
    there = {caption: side for caption, side in sides.items() if side is not None}
    together = [
        heatmap_of(explained, side.mean, caption=caption, places=side.places, said=side.rows)
        for caption, side in there.items()
    ]
    heads = [
        heatmap_of(
            explained,
            head,
            caption=f"{layer.name}, head {number}",
            places=side.places,
            said=side.rows,
            figures=False,
        )
        for side in there.values()
        for layer in side.layers
        for number, head in enumerate(layer.heads, start=1)
    ]
    layers = [layer for side in there.values() for layer in side.layers]
    each = Details(summary=f"Each of the {len(heads)} heads", blocks=[SideBySide(blocks=heads)])
    return [SideBySide(blocks=together), each, _entropies(layers)]


def _entropies(layers: Sequence[Layer]) -> Block:
    heads = max(len(layer.heads) for layer in layers)
    columns = [Column(title="layer", kind="name")]
    columns += [Column(title=f"head {number}", kind="number") for number in range(1, heads + 1)]
    rows: list[list[str | float | None]] = [
        [layer.name, *(f"{each:.2f}" for each in layer.entropy)] for layer in layers
    ]
    caption = "How widely each head looks around: bits, so that 0 is one place, 1 is two alike, 2 is four"
    return Table(caption=caption, columns=columns, rows=rows)


def _attributed(explained: Explanation, attribution: Attribution) -> list[Block]:
    blocks: list[Block] = []
    for method, rows in attribution.methods.items():
        sums = whole(rows)
        most = max(map(abs, sums)) or 1.0
        blocks += [
            Shades(
                caption=f"{METHODS[method].capitalize()}: what each token read was worth for the whole answer",
                tokens=explained.source_tokens,
                values=[each / most for each in sums],
                figures=[f"{each:+.2f}" for each in sums],
            ),
            Details(
                summary="By token said",
                blocks=[heatmap_of(explained, rows, caption=METHODS[method].capitalize())],
            ),
        ]
    return [*blocks, _faithful(attribution.faithfulness)]


def _faithful(faithfulness: Mapping[str, Faithfulness]) -> Block:
    one = next(iter(faithfulness.values()))
    rows: list[list[str | float | None]] = [
        [METHODS.get(method, method), f"{each.top:.2f}", f"{each.random:.2f}", _verdict(each)]
        for method, each in faithfulness.items()
    ]
    tokens = "token" if one.tokens == 1 else "tokens"
    return Table(
        caption=f"How far to believe each: what the answer's log-probability loses without {one.tokens} {tokens}",
        columns=[
            Column(title="method", kind="name"),
            Column(title="its first", kind="number"),
            Column(title=f"any other, mean of {one.draws} draws", kind="number"),
            Column(title=""),
        ],
        rows=rows,
        note="A method that finds what matters loses more by its own first tokens than by others.",
    )


def _verdict(each: Faithfulness) -> str:
    return "finds what matters" if each.top > each.random else "finds no more than chance"


def _contrasted(explained: Explanation, contrast: Contrast) -> list[Block]:
    text = (
        f"At place {contrast.position} it says {seen(contrast.token)} ({_percent(contrast.logp)}) and not "
        f"{seen(contrast.other)} ({_percent(contrast.other_logp)}). Blue spoke for {seen(contrast.token)}, orange for "
        f"{seen(contrast.other)}."
    )
    blocks: list[Block] = [Prose(text=text)]
    for method, row in contrast.methods.items():
        most = max(map(abs, row)) or 1.0
        blocks.append(
            Shades(
                caption=METHODS[method].capitalize(),
                tokens=explained.source_tokens,
                values=[each / most for each in row],
                figures=[f"{each:+.2f}" for each in row],
            )
        )
    return blocks


def _alternatives(explained: Explanation) -> Block:
    place = explained.position or 0
    before = " ".join(seen(each) for each in explained.target_tokens[:place])
    rows: list[list[str | float | None]] = [
        [
            seen(each.token) + (" (said)" if each.chosen else ""),
            f"{100 * each.probability:.1f} %",
            each.continuation,
            f"{each.logp:.2f}",
        ]
        for each in explained.alternatives or ()
    ]
    return Table(
        caption=f"At place {place}" + (f", behind {before}" if before else ", the first"),
        columns=[
            Column(title="token", kind="sample"),
            Column(title="probability", kind="number"),
            Column(title="and how it goes on", kind="sample"),
            Column(title="all of it", kind="number"),
        ],
        rows=rows,
    )


def _searched(tree: SearchTree) -> list[Block]:
    if tree.greedy_parts_at is None:
        text = "A greedy search, which keeps one hypothesis, says the same."
    else:
        place = tree.greedy_parts_at
        text = f"A greedy search, which keeps one hypothesis, goes another way at place {place}: {tree.greedy}"
    explained = (
        f"{tree.beams} hypotheses are kept a step. Beside each stands its log-probability so far; behind its end (=) "
        "what it is ranked by; beside one that was left behind, what it lacked to be kept."
    )
    return [Prose(text=f"{text}\n\n{explained}"), drawn_tree(tree)]


def _neighbours(neighbours: Sequence[Neighbour]) -> Block:
    return Table(
        caption=f"The nearest {len(neighbours)}",
        columns=[
            Column(title="source", kind="sample"),
            Column(title="target", kind="sample"),
            Column(title="distance", kind="number"),
        ],
        rows=[[each.source, each.target, f"{each.distance:.3f}"] for each in neighbours],
    )


def _missing(missing: Mapping[str, str]) -> Block:
    return Prose(text="\n\n".join(f"{part.replace('_', ' ').capitalize()}: {why}" for part, why in missing.items()))


def heatmap_of(
    explained: Explanation,
    rows: Matrix,
    *,
    caption: str,
    places: Sequence[str] | None = None,
    said: Sequence[str] | None = None,
    figures: bool = True,
) -> Heatmap:
    """A row a token said, a column a token read."""
    read = [seen(each) for each in places or explained.source_tokens]
    said = [seen(each) for each in said or explained.target_tokens]
    strongest = (read[max(range(len(row)), key=row.__getitem__)] for row in rows)
    return Heatmap(
        caption=caption,
        alt="Strongest: " + "; ".join(f"{token} at {at}" for token, at in zip(said, strongest, strict=True)),
        rows=said,
        columns=read,
        values=rows,
        y="said",
        x="read",
        every=1 + max(len(read), len(said)) // _MOST,
        figures=figures,
    )


def _aligned(explained: Explanation, attention: Attention) -> str:
    pairs = (
        f"{seen(explained.target_tokens[target])} to {seen(explained.source_tokens[source])}"
        for target, source in attention.aligned
    )
    return "Each token said and the token read that it belongs to: " + "; ".join(pairs)


def _percent(logp: float) -> str:
    return f"{100 * math.exp(logp):.0f} %"

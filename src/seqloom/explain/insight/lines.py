"""An explanation for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from seqloom.explain.columns import aligned
from seqloom.explain.insight.attribution import METHODS, whole
from seqloom.explain.insight.explanation import Explanation
from seqloom.explain.insight.own_attention import SelfAttention
from seqloom.pages import seen

__all__ = ["lines_of"]

_TOP = 3
"""Tokens read that are named as what mattered."""
_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_BEST = ("integrated_gradients", "erasure")
"""The methods that are shown token by token, the first that is there."""


def lines_of(explained: Explanation) -> Iterator[str]:
    yield from aligned([["source", explained.source], ["target", explained.target]], texts=2)
    yield from explained.notes
    yield ""
    yield from _tokens(explained)
    if explained.self_attention is not None:
        yield ""
        yield from _own(explained.self_attention)
    if explained.attribution is not None:
        yield ""
        yield from _faithful(explained)
    if explained.contrast is not None:
        yield ""
        yield from _contrast(explained)
    if explained.alternatives is not None:
        yield ""
        yield from _alternatives(explained)
    if explained.search is not None:
        yield ""
        yield from _search(explained)
    if explained.neighbours is not None:
        yield ""
        rows = [[f"{each.distance:.3f}", each.source, each.target] for each in explained.neighbours]
        yield from aligned([["distance", "nearest source", "target"], *rows], texts=3)
    if explained.missing:
        yield ""
        yield from (f"no {part.replace('_', ' ')}: {why}" for part, why in explained.missing.items())


def _tokens(explained: Explanation) -> Iterator[str]:
    head, rows = ["", "said", "sure"], []
    attention, attribution = explained.attention, explained.attribution
    method = next((each for each in _BEST if attribution is not None and each in attribution.methods), None)
    head += ["looked at"] if attention is not None else []
    head += [f"because of ({METHODS[method]})"] if method is not None else []
    for place, (token, logp) in enumerate(zip(explained.target_tokens, explained.token_logps, strict=True)):
        row = [str(place), seen(token), f"{100 * math.exp(logp):.0f} %"]
        if attention is not None:
            row.append(_strongest(attention.mean[place], attention.places, 1, "{:.2f}"))
        if attribution is not None and method is not None:
            row.append(_strongest(attribution.methods[method][place], explained.source_tokens, _TOP, "{:+.2f}"))
        rows.append(row)
    yield from aligned([head, *rows], texts=len(head))


def _own(attention: SelfAttention) -> Iterator[str]:
    """How widely each head looks among its own side's tokens."""
    layers = [layer for side in (attention.encoder, attention.decoder) if side is not None for layer in side.layers]
    heads = max(len(layer.heads) for layer in layers)
    rows = [[layer.name, *(f"{each:.2f}" for each in layer.entropy)] for layer in layers]
    yield from aligned([["looked within its side, bits", *(f"head {n}" for n in range(1, heads + 1))], *rows], texts=1)


def _strongest(row: Sequence[float], names: Sequence[str], number: int, form: str) -> str:
    order = [place for place in sorted(range(len(row)), key=lambda place: -abs(row[place])) if row[place]][:number]
    return "  ".join(f"{_named(names, place)} {form.format(row[place])}" for place in order)


def _named(names: Sequence[str], place: int) -> str:
    """One that is there more than once has its place, counted from 0, below it."""
    name = seen(names[place])
    return name if names.count(names[place]) == 1 else name + str(place).translate(_BELOW)


def _faithful(explained: Explanation) -> Iterator[str]:
    attribution = explained.attribution
    assert attribution is not None
    one = next(iter(attribution.faithfulness.values()))
    rows = [["what mattered for all of it", "", f"without its first {one.tokens}", f"without any {one.tokens}"]]
    for method, each in attribution.faithfulness.items():
        sums = whole(attribution.methods[method]) if method in attribution.methods else None
        named = "" if sums is None else _strongest(sums, explained.source_tokens, _TOP, "{:+.2f}")
        rows.append([METHODS.get(method, method), named, f"{each.top:.2f}", f"{each.random:.2f}"])
    yield from aligned(rows, texts=2)


def _contrast(explained: Explanation) -> Iterator[str]:
    contrast = explained.contrast
    assert contrast is not None
    yield (
        f"at {contrast.position} it says {seen(contrast.token)} ({_percent(contrast.logp)}) and not "
        f"{seen(contrast.other)} ({_percent(contrast.other_logp)}): for it (+) and for the other (-) spoke"
    )
    for method, row in contrast.methods.items():
        yield f"  {METHODS[method]}: {_strongest(row, explained.source_tokens, _TOP, '{:+.2f}')}"


def _alternatives(explained: Explanation) -> Iterator[str]:
    place = explained.position or 0
    rows = [
        [("* " if each.chosen else "  ") + seen(each.token), f"{100 * each.probability:.1f} %", each.continuation]
        for each in explained.alternatives or ()
    ]
    yield from aligned([[f"at {place}", "probability", "and how it goes on"], *rows], texts=3)


def _search(explained: Explanation) -> Iterator[str]:
    tree = explained.search
    assert tree is not None
    cut = [node.by for node in tree.nodes if node.by is not None]
    kept = sum(node.kept for node in tree.nodes) - 1
    line = f"searched with {tree.beams} hypotheses: {kept} were kept"
    yield line + (f"; the best of those left behind lacked {min(cut):.2f}" if cut else "")
    if tree.greedy_parts_at is None:
        yield "greedy search says the same"
    else:
        yield f"greedy search goes another way at {tree.greedy_parts_at}: {tree.greedy}"


def _percent(logp: float) -> str:
    return f"{100 * math.exp(logp):.0f} %"

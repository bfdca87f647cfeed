"""What a comparison comes to, in a sentence that needs no statistics."""

from __future__ import annotations

from seqloom.metrics.groups import GroupComparison

__all__ = ["caution", "p_of", "verdict"]

_MOST_ASKED = 1_000_000
"""Pairs that nobody has."""


def verdict(first: str, second: str, found: GroupComparison, *, sentences: int) -> str:
    """Which is better, or that this cannot be told, and what it would take."""
    by = found.shown(found.difference, signed=True)
    sure = f"95 % from {found.shown(found.low, signed=True)} to {found.shown(found.high, signed=True)}, {p_of(found)}"
    if found.low == found.high == found.difference == 0:
        return f"{second} and {first} are the same by {found.name}: no sentence tells them apart."
    if found.told_apart:
        which = "better" if found.better else "worse"
        return f"{second} is {which} than {first}: {by} {found.name} ({sure})."
    pairs = f"these {sentences:,} pairs"
    pairs = f"{pairs} and these seeds" if found.several else pairs
    text = (
        f"{second} and {first} cannot be told apart: {by} {found.name} ({sure}); {pairs} tell differences of about "
        f"{found.shown(found.tells)}."
    )
    wanted = 0 if found.difference == 0 else sentences * (found.tells / abs(found.difference)) ** 2
    if found.several or not sentences < wanted < _MOST_ASKED:
        return text
    return f"{text} For one of {found.shown(abs(found.difference))} it takes about {_round(wanted):,} pairs."


def p_of(found: GroupComparison) -> str:
    """p, and that of the seeds where there are several of both."""
    p = "p < 0.001" if found.p < 0.001 else f"p = {found.p:.3f}"
    if found.p_seeds is None or found.least_p_seeds is None:
        return p
    least = " (the least that so few can give)" if found.p_seeds <= found.least_p_seeds else ""
    return f"{p}, over the seeds p = {found.p_seeds:.3f}{least}"


def caution(first: int, second: int) -> str:
    """What the test cannot know, by how many seeds there are of each; nothing where there are several of both."""
    if first > 1 and second > 1:
        return ""
    alone = "Each was" if first == second == 1 else "One of them was"
    return (
        f"{alone} trained with one seed: this tells of these models, not of their recipes. Another seed can move a "
        "score as far as many a change does; models of several seeds given together are taken as one."
    )


def _round(number: float) -> int:
    """To two figures that count: more are not known."""
    scale = 10 ** max(0, len(str(int(number))) - 2)
    return int(round(number / scale) * scale)

"""Where two answers differ, word by word; in writings without spaces, character by character."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from seqloom.metrics.words import tokens

__all__ = ["Marked", "bracketed", "marked"]

Marked = tuple[tuple[str, bool], ...]
"""A text in parts, in their order; True where the other text differs."""


def marked(first: str, second: str) -> tuple[Marked, Marked]:
    """Both texts; joined again, the parts of each are the text."""
    one, two = _pieces(first), _pieces(second)
    codes = SequenceMatcher(
        a=[_word(each) for each in one], b=[_word(each) for each in two], autojunk=False
    ).get_opcodes()
    return (
        _joined(("".join(one[start:end]), what != "equal") for what, start, end, _, _ in codes),
        _joined(("".join(two[start:end]), what != "equal") for what, _, _, start, end in codes),
    )


def bracketed(text: Marked, *, around: Sequence[str] = ("[", "]")) -> str:
    """For a terminal; spaces stand outside the brackets."""
    left, right = around
    parts = []
    for part, differs in text:
        inside = part.strip()
        if differs and inside:
            before, _, after = part.partition(inside)
            parts.append(f"{before}{left}{inside}{right}{after}")
        else:
            parts.append(part)
    return "".join(parts)


def _pieces(text: str) -> list[str]:
    """Each token with the spaces before it; the last one with those behind it, too."""
    found, place = [], 0
    for token in tokens(text):
        end = text.index(token, place) + len(token)
        found.append(text[place:end])
        place = end
    if not found:
        return [text] if text else []
    return [*found[:-1], found[-1] + text[place:]]


def _word(piece: str) -> str:
    return piece.strip()


def _joined(parts: Iterable[tuple[str, bool]]) -> Marked:
    return tuple(part for part in parts if part[0])

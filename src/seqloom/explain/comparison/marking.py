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
    """For a terminal."""
    left, right = around
    return "".join(f"{left}{part}{right}" if differs else part for part, differs in text)


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
    """The spaces around what differs are not of it."""
    found: list[tuple[str, bool]] = []
    for text, differs in parts:
        inside = text.strip() if differs else text
        before, _, after = text.partition(inside) if inside else (text, "", "")
        found += [(before, False), (inside, differs), (after, False)]
    return tuple(part for part in found if part[0])

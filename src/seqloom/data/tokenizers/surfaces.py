"""Where the words of a text are among its tokens."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["word_numbers"]


def word_numbers(surfaces: Iterable[str]) -> list[int]:
    """For each stretch of a text, one behind the other, the word it ends in, counted from 0.

    Words are what white space parts. White space belongs to the word before it, and at the text's beginning to the
    first; so does what is empty.
    """
    numbers, begun, inside = [], 0, False
    for surface in surfaces:
        words = surface.split()
        if words:
            begun += len(words) - (inside and not surface[0].isspace())
        if surface:
            inside = not surface[-1].isspace()
        numbers.append(max(0, begun - 1))
    return numbers

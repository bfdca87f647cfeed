"""How long a text is, whatever script it is in."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["UNSPACED", "length_of"]

UNSPACED: Final = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u2e80-\u9fff"  # Chinese and Japanese with their signs
    "\uf900-\ufaff\uff00-\uff9f"  # compatibility ideographs, full-width and half-width forms
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
"""The scripts that put no spaces between words, as they stand in a character class."""

_UNITS = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")


def length_of(text: str) -> int:
    """Characters of scripts without spaces, and words of the others: "我有3 apples" is four long.

    So a limit or a ratio means about the same for Chinese and for English. Korean has spaces, and is counted in words.
    """
    return len(text.split()) if text.isascii() else len(_UNITS.findall(text))

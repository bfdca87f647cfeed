"""How long a text is, whatever script it is in."""

from __future__ import annotations

import re

from seqloom.core.scripts import UNSPACED

__all__ = ["length_of"]

_UNSPACED = re.compile(f"[{UNSPACED}]")
_UNITS = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")


def length_of(text: str) -> int:
    """Characters of scripts without spaces, and words of the others: "我有3 apples" is four long.

    So a limit or a ratio means about the same for Chinese and for English. Korean has spaces, and is counted in words.
    """
    if text.isascii() or not _UNSPACED.search(text):
        return len(text.split())
    return len(_UNITS.findall(text))

"""How long a text is, whatever script it is in."""

from __future__ import annotations

import re

from seqloom.core.scripts import UNSPACED, has_unspaced

__all__ = ["length_of"]

_UNITS = f"[{UNSPACED}]|[^\\s{UNSPACED}]+"


def length_of(text: str) -> int:
    """Characters of scripts without spaces, and words of the others: "我有3 apples" is four long.

    So a limit or a ratio means about the same for Chinese and for English. Korean has spaces, and is counted in words.
    """
    if not has_unspaced(text):
        return len(text.split())
    return len(re.findall(_UNITS, text))

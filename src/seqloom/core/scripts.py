"""Scripts that are written unlike the Latin one."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

__all__ = ["UNSPACED", "has_unspaced"]

UNSPACED: Final = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u2e80-\u9fff"  # Chinese and Japanese, their signs and kana; also Yi's neighbours, which use them
    "\uf900-\ufaff\uff00-\uff9f"  # compatibility ideographs, full-width and half-width forms
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
"""Scripts without spaces between words, as ranges for a pattern: a character is a word."""


def has_unspaced(text: str) -> bool:
    """Whether a text has characters of scripts without spaces."""
    return not text.isascii() and _unspaced().search(text) is not None


@cache
def _unspaced() -> re.Pattern[str]:
    """Made when there is a text for it: so many ranges take longer to compile than a short text to be answered."""
    return re.compile(f"[{UNSPACED}]")

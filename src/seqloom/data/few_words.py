"""Sides that say everything in a few words: labels, tags, commands, words spelled letter by letter.

Two of their texts are alike because there is little else to say, so likeness tells nothing of copies there.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["FEW_WORDS", "few_words"]

FEW_WORDS = 200
"""Different words that a side may have and still be of this kind."""
_TIMES = 20
"""How often each of them comes at the least, on average: a short file has few words too, but seldom twice."""


def few_words(texts: Iterable[str]) -> int:
    """How many different words the side has if they are few and come again and again; 0 of any other side."""
    seen: set[str] = set()
    running = 0
    for text in texts:
        words = text.split()
        running += len(words)
        seen.update(words)
        if len(seen) > FEW_WORDS:
            return 0
    return len(seen) if running >= _TIMES * len(seen) else 0

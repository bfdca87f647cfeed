"""What a word looks like: features that are seen in the word itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

__all__ = ["Feature", "features_of"]

Feature = Literal["lower", "shape", "prefix1", "prefix2", "prefix3", "suffix1", "suffix2", "suffix3", "suffix4"]
"""lower: the word in small letters. shape: Xx for Rome, X for UN, xX for iPhone, @x for @rome, d:d for 10:30, ☺ for any
emoji, and url. prefix2: its first two characters in small letters, and so on."""

_ADDRESS = re.compile(r"(https?://|www\.)\S*", re.IGNORECASE)
_RUNS = re.compile(r"(.)\1+")


def features_of(text: str, feature: Feature) -> str:
    """The feature of each word, parted by spaces as the words are."""
    return " ".join(map(_MADE[feature], text.split()))


def _shape(word: str) -> str:
    if _ADDRESS.fullmatch(word):
        return "url"
    return _RUNS.sub(r"\1", "".join(map(_sort, word))) or word


def _sort(char: str) -> str:
    """Of which sort a character is. Pictures are one sort, for no text has them all; marks belong to what they
    stand on; any other sign is itself."""
    if char.isalpha():
        return "X" if char.isupper() or char.istitle() else "x"
    if char.isdigit():
        return "d"
    category = unicodedata.category(char)
    if category[0] == "M" or category == "Cf":
        return ""
    return "☺" if category == "So" or "\U0001f3fb" <= char <= "\U0001f3ff" else char


def _prefix(word: str, *, size: int) -> str:
    return word[:size].lower()


def _suffix(word: str, *, size: int) -> str:
    return word[-size:].lower()


_MADE: Mapping[Feature, Callable[[str], str]] = {
    "lower": str.lower,
    "shape": _shape,
    "prefix1": partial(_prefix, size=1),
    "prefix2": partial(_prefix, size=2),
    "prefix3": partial(_prefix, size=3),
    "suffix1": partial(_suffix, size=1),
    "suffix2": partial(_suffix, size=2),
    "suffix3": partial(_suffix, size=3),
    "suffix4": partial(_suffix, size=4),
}

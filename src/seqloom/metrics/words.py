"""Texts as tokens to count: words where a writing has spaces, characters where it has none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

__all__ = ["Writing", "plain", "tokens", "words", "writing"]

Writing = Literal["spaced", "chinese", "japanese", "korean", "spaceless"]

_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
_SOUTH_EAST = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
_WIDE_MARKS = "\u3001-\u3004\u3008-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"

_ALONE = f"[{_HAN}{_KANA}{_SOUTH_EAST}{_WIDE_MARKS}]"
_TOKEN = re.compile(rf"{_ALONE}|(?:(?!{_ALONE})\S)+")

_LEAST = 0.2
"""The share of its letters from which on a text is in that writing: a Chinese text has English names in it, whose
letters are many."""


def plain(text: str) -> str:
    """The text in one spelling: composed characters, single spaces, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def tokens(text: str) -> list[str]:
    """What stands between spaces; in writings without spaces, each character."""
    return _TOKEN.findall(text)


def words(text: str) -> list[str]:
    """Small letters and digits, without punctuation. For English it is what ROUGE has always counted."""
    return tokens("".join([_of_word(character) for character in text.lower()]))


def writing(texts: Iterable[str]) -> Writing:
    """How most of the texts are written."""
    letters = "".join(character for text in texts for character in text if character.isalpha())
    han, kana, hangul, south_east = (_share(kind, letters) for kind in (_HAN, _KANA, _HANGUL, _SOUTH_EAST))
    if han + kana >= _LEAST:
        # No Japanese text is without kana; a Chinese one may name a Japanese thing.
        return "japanese" if kana >= (han + kana) / 10 else "chinese"
    if hangul >= _LEAST:
        return "korean"
    return "spaceless" if south_east >= _LEAST else "spaced"


def _share(kind: str, letters: str) -> float:
    return len(re.findall(f"[{kind}]", letters)) / max(1, len(letters))


@lru_cache(maxsize=2**14)
def _of_word(character: str) -> str:
    """The character if it is a letter, a digit or a mark upon one (as the vowels of Hindi are), else a space."""
    return character if unicodedata.category(character)[0] in "LNM" else " "

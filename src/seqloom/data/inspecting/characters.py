"""What kinds of characters there are, as tables by code point: a text of any number is looked up at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seqloom.core.scripts import UNSPACED

__all__ = ["BEYOND", "SCRIPTS", "Codes", "Kinds", "kinds"]

BEYOND: Final = 0x10000
"""All characters beyond the first plane are one to the tables: emoji, and scripts of old."""
_SIZE: Final = BEYOND + 1

_RANGES: Final = {
    "Latin": ((0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F),
              (0x1E00, 0x1EFF), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)),
    "Greek": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "Cyrillic": ((0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF)),
    "Armenian": ((0x530, 0x58F),),
    "Hebrew": ((0x591, 0x5FF),),
    "Arabic": ((0x610, 0x65F), (0x66E, 0x6EF), (0x6FA, 0x77F), (0x8A0, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
    "an Indian script": ((0x900, 0x963), (0x970, 0xDFF)),
    "Thai": ((0xE01, 0xE3A), (0xE40, 0xE4E)),
    "another script": ((0x700, 0x8FF), (0xE80, 0x10FF), (0x1200, 0x1C7F), (0xA000, 0xABFF)),
    "kana": ((0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF),
             (0xFF66, 0xFF9D)),
    "Hangul": ((0x1100, 0x11FF), (0x3131, 0x318E), (0xAC00, 0xD7A3)),
    "Chinese characters": ((0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)),
}  # fmt: skip
SCRIPTS: Final = tuple(_RANGES)
"""Of letters; a character's number is its place here and one more, 0 being no letter."""


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """A table a question, each with an answer a character."""

    script: NDArray[np.uint8]
    word: NDArray[np.uint8]
    """0: white space; 1: part of a word; 2: a character of a script without spaces, a word by itself."""
    digit: NDArray[np.bool_]
    invisible: NDArray[np.bool_]
    """Control characters and others that cannot be seen: some of them spell something."""
    lead: NDArray[np.bool_]
    trail: NDArray[np.bool_]
    """The first and the second byte of UTF-8 that was read as Western European: Ã and ¶."""
    full: NDArray[np.bool_]
    """Full-width letters and digits."""
    half_sign: NDArray[np.bool_]
    full_sign: NDArray[np.bool_]
    """Punctuation of Latin and of Chinese text: , and ，."""
    simplified: NDArray[np.bool_]
    traditional: NDArray[np.bool_]
    """Chinese characters that the other way of writing does not have."""


@cache
def kinds() -> Kinds:
    script = np.zeros(_SIZE, np.uint8)
    for number, ranges in enumerate(_RANGES.values(), start=1):
        for first, last in ranges:
            script[first : last + 1] = number
    every = [chr(code) for code in range(BEYOND)]
    word = np.ones(_SIZE, np.uint8)
    unspaced = re.compile(f"[{UNSPACED}]")
    word[[code for code, char in enumerate(every) if char.isspace()]] = 0
    word[[code for code, char in enumerate(every) if unspaced.match(char) and not char.isspace()]] = 2
    categories = [unicodedata.category(char) for char in every]
    trails = [*range(0x80, 0xC0), *(ord(char) for char in "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ")]
    han = _between(script == SCRIPTS.index("Chinese characters") + 1)
    simplified = [code for code in han if _writes(code, "gb2312") and not _writes(code, "big5")]
    traditional = [code for code in han if _writes(code, "big5") and not _writes(code, "gb2312")]
    return Kinds(
        script=script,
        word=word,
        digit=_table([code for code, char in enumerate(every) if char.isdecimal()]),
        invisible=_table([code for code, kind in enumerate(categories) if kind in ("Cc", "Cf", "Zl", "Zp")]),
        lead=_table([*range(0xC2, 0xF5)]),
        trail=_table(trails),
        full=_table([*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]),
        half_sign=_table([ord(char) for char in ",.?!;:()"]),
        full_sign=_table([ord(char) for char in "，。？！；：（）"]),
        simplified=_table(simplified),
        traditional=_table(traditional),
    )


def _table(codes: Sequence[int]) -> NDArray[np.bool_]:
    table = np.zeros(_SIZE, np.bool_)
    table[list(codes)] = True
    return table


def _between(mask: NDArray[np.bool_]) -> list[int]:
    return np.flatnonzero(mask).tolist()


def _writes(code: int, encoding: str) -> bool:
    """Whether the standard of mainland China, or of Taiwan, has the character: neither has the other's own."""
    try:
        chr(code).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


class Codes:
    """Many texts as one array of code points, and questions that are asked of all of them at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        # A line break stands behind each text, so that none of them is empty and no run reaches from one to the next.
        whole = "\n".join([text.replace("\n", " ") for text in texts]) + "\n" if texts else ""
        codes = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), np.uint32)
        self.codes = np.minimum(codes, BEYOND)
        ends = np.flatnonzero(codes == ord("\n"))
        self.starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1]) if len(ends) else np.zeros(0, np.int64)
        self.ends = ends

    def __len__(self) -> int:
        return len(self.texts)

    def count(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Of each text, how many of its characters are meant."""
        if not len(self):
            return np.zeros(0, np.int64)
        return np.add.reduceat(mask, self.starts, dtype=np.int64)

    def has(self, table: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return self.count(table[self.codes]) > 0

    def has_sign(self, sign: str) -> NDArray[np.bool_]:
        return self.count(self.codes == ord(sign)) > 0

    def lengths(self) -> NDArray[np.int64]:
        """As ``length_of`` has it: words, and characters of scripts without spaces."""
        word = kinds().word[self.codes]
        before = np.concatenate([np.zeros(1, np.uint8), word[:-1]])
        return self.count((word == 2) | (word == 1) & (before != 1))

    def scripts(self) -> NDArray[np.int64]:
        """(texts, scripts and one more): how many letters of each; the first column has what is no letter."""
        width = len(SCRIPTS) + 1
        numbers = np.repeat(np.arange(len(self)), np.diff(self.starts, append=len(self.codes)))
        counted = np.bincount(numbers * width + kinds().script[self.codes], minlength=width * len(self))
        return counted.reshape(len(self), width)

    def garbled(self) -> NDArray[np.bool_]:
        """Texts that may have been decoded by the wrong table: to be looked at one by one."""
        lead, trail = kinds().lead[self.codes], kinds().trail[self.codes]
        pairs = np.zeros(len(self.codes), np.bool_)
        pairs[:-1] = lead[:-1] & trail[1:]
        return self.count(pairs | (self.codes == 0xFFFD)) > 0

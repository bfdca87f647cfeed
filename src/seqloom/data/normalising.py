"""What text is made to look like: each a function from text to text that changes one thing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Literal

from seqloom.core.errors import MissingExtraError
from seqloom.core.scripts import UNSPACED

__all__ = [
    "chinese_written",
    "collapse_spaces",
    "encoding_repair",
    "half_width",
    "remove_control",
    "remove_punctuation",
    "remove_spaces",
]

_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HALF |= {
    0x3000: 0x20,
    0xFFE0: 0xA2,
    0xFFE1: 0xA3,
    0xFFE2: 0xAC,
    0xFFE3: 0xAF,
    0xFFE4: 0xA6,
    0xFFE5: 0xA5,
    0xFFE6: 0x20A9,
}


def half_width(text: str) -> str:
    """Full-width letters, digits, signs and spaces as half-width ones: ＡＢＣ，１ is ABC,1; 。、「」 have none."""
    return text if text.isascii() else text.translate(_HALF)


# Zero-width characters that some scripts and emoji are spelled with: they stay behind a letter of those.
_JOINED = (
    "\u0600-\u08ff"  # Arabic and its neighbours
    "\u0900-\u0dff"  # the scripts of India and Sri Lanka
    "\u0f00-\u109f\u1780-\u18af"  # Tibetan, Burmese, Khmer, Mongolian
    "\u20e3\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"  # emoji
)
_WORD_BREAK = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Burmese and Khmer show with a zero-width space where a word ends."""
_AS_SPACE = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
    f"|(?<![{_JOINED}])[\u200c\u200d]|(?<![{_WORD_BREAK}])\u200b"
)


def remove_control(text: str) -> str:
    """Without control characters, marks of writing direction and zero-width characters that spell nothing.

    TAB and line ends stay, and what separates lines or records in other ways becomes a space.
    """
    # Nothing that can be printed is any of these, and almost every text can be.
    return text if text.isprintable() else _INVISIBLE.sub("", _AS_SPACE.sub(" ", text))


def collapse_spaces(text: str) -> str:
    """Single spaces between words and none around the text. A TAB stays: it parts columns that were joined."""
    # The only white space that can be printed is the space itself.
    if text.isprintable() and "  " not in text and not text.startswith(" ") and not text.endswith(" "):
        return text
    if "\t" in text:
        return "\t".join([" ".join(part.split()) for part in text.split("\t")])
    return " ".join(text.split())


def remove_spaces(text: str) -> str:
    """Without any white space but TABs: "h e l l o" is hello."""
    return "\t".join(["".join(part.split()) for part in text.split("\t")])


def remove_punctuation(text: str) -> str:
    """Without punctuation (Unicode's P), but with what belongs to a word or number: don't, e-mail, 3.14, 10,000.

    What it parted stays apart: "yes,no" is "yes no", while 好，的 is 好的, as there are no spaces in Chinese.
    """
    pattern, unspaced = _punctuation()

    def replaced(found: re.Match[str]) -> str:
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        if not before or not after or "\t" in (before, after):
            return ""
        spaced = " " in found[0] or not (unspaced.match(before) and unspaced.match(after))
        return " " if spaced else ""

    return pattern.sub(replaced, text)


@cache
def _punctuation() -> tuple[re.Pattern[str], re.Pattern[str]]:
    # Beyond the first two planes there is no punctuation but that of scripts long dead.
    signs = "".join(
        re.escape(character)
        for character in map(chr, range(0x20000))
        if unicodedata.category(character).startswith("P")
    )
    word = r"(?<=\w)['’\-‐·](?=\w)"
    number = r"(?<=\d)[.,:](?=\d)"
    sign = f"(?!{word}|{number})[{signs}]"
    return re.compile(f" *{sign}(?: *{sign})* *"), re.compile(f"[{UNSPACED}]")


def encoding_repair() -> Callable[[str], str]:
    """What undoes text that was decoded by the wrong table: schÃ¶n is schön. Nothing else is changed."""
    from ftfy import fix_encoding

    return lambda text: text if text.isascii() else fix_encoding(text)


def chinese_written(variant: Literal["simplified", "traditional"]) -> Callable[[str], str]:
    """What writes Chinese in one of its two forms, by words and not by characters alone: 头发 is 頭髮, 发展 is 發展."""
    try:
        from opencc import OpenCC
    except ImportError:
        raise MissingExtraError(f'chinese = "{variant}"', extra="chinese") from None
    convert = OpenCC("t2s" if variant == "simplified" else "s2t").convert

    return lambda text: text if text.isascii() else convert(text)

"""Whether a text is written in the script that it should be."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from seqloom.core.errors import RecipeError
from seqloom.core.wording import must_be
from seqloom.data.rows import Row

__all__ = ["SCRIPTS", "ScriptFilter", "script_of"]

SCRIPTS = {
    "latin": ("LATIN", "FULLWIDTH"),
    "cyrillic": ("CYRILLIC",),
    "greek": ("GREEK",),
    "han": ("CJK",),
    "japanese": ("HIRAGANA", "KATAKANA", "CJK"),
    "hangul": ("HANGUL",),
    "arabic": ("ARABIC",),
    "hebrew": ("HEBREW",),
    "devanagari": ("DEVANAGARI",),
    "bengali": ("BENGALI",),
    "tamil": ("TAMIL",),
    "thai": ("THAI",),
    "georgian": ("GEORGIAN",),
    "armenian": ("ARMENIAN",),
    "ethiopic": ("ETHIOPIC",),
}
"""By the first words of their letters' names in Unicode."""

_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class ScriptFilter:
    """The scripts that source and target must be in; "": any."""

    source: str = ""
    target: str = ""

    def __post_init__(self) -> None:
        for side, name in (("source", self.source), ("target", self.target)):
            if name and name not in SCRIPTS:
                raise RecipeError(must_be(f"--{side}-script", f"one of {', '.join(SCRIPTS)}", name, names=SCRIPTS))

    def reason(self, row: Row) -> str | None:
        """Why a row is to be dropped. A text without any letter is in every script."""
        if self.source and not script_of(row.source, self.source):
            return f"source not in {self.source} script"
        if self.target and row.targets and not script_of(row.targets[0], self.target):
            return f"target not in {self.target} script"
        return None


def script_of(text: str, name: str) -> bool:
    """Whether at least half of its letters are of that script."""
    letters = Counter(_script(character) for character in text)
    del letters[""]
    return sum(letters[each] for each in SCRIPTS[name]) >= _SHARE * letters.total()


@lru_cache(1 << 16)
def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else ""

"""Words, numbers and signs, and what stands between them, so that a text can be put together again exactly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from seqloom.core.errors import RecipeError
from seqloom.core.scripts import UNSPACED
from seqloom.data.tokenizers.special import SpecialTokens

__all__ = ["JOIN", "SpacedWords"]

JOIN = "<join>"
"""Says that nothing stands between its neighbours where a space would be usual."""

_AFTER_A_WORD = frozenset(".,;:!?)]}%…")
_BEFORE_A_WORD = frozenset("([{¿¡#")
_INSIDE_A_WORD = frozenset("'’-–/_@")


class SpacedWords:
    """Cuts texts into words, runs of digits and single signs.

    A word has one form whatever stands around it. Between two tokens there usually is a space, or none, by what they
    are: none before a comma, within Chinese, around a hyphen. Only what is not usual takes a token: ``JOIN`` where the
    space is missing, and any other white space is written out, a token a character.
    """

    def __init__(
        self, special_tokens: Sequence[str], *, words_of: Callable[[str], Sequence[str]] | None = None
    ) -> None:
        special = SpecialTokens(special_tokens)
        if JOIN in special.tokens:
            raise RecipeError(f"a special token must not be {JOIN}, which says that no space is meant. Rename it.")
        self.special_tokens = special.tokens
        self.reserved = (JOIN, *special.tokens)
        self._words_of = words_of
        marks = _marks()
        unspaced = rf"[{UNSPACED}][{marks}]*" if words_of is None else rf"[{UNSPACED}][{UNSPACED}{marks}]*"
        tokens = [special.pattern, r"\s", rf"(?:[^\W\d_{UNSPACED}][{marks}]*)+", r"\d+", unspaced, rf".[{marks}]*"]
        self._token = re.compile("|".join(token for token in tokens if token), re.DOTALL)
        self._unspaced = re.compile(f"[{UNSPACED}]")
        self._glue = lru_cache(maxsize=1 << 13)(self._sides)  # of the commonest

    def cut(self, text: str) -> list[str]:
        found = self._token.findall(text)
        if self._words_of is not None:
            found = [word for token in found for word in self._cut_unspaced(token)]
        tokens: list[str] = []
        before, spaces = "", ""
        for token in found:
            if token.isspace():
                spaces += token
                continue
            if spaces != self._gap(before, token):
                tokens += list(spaces) or [JOIN]
            tokens.append(token)
            before, spaces = token, ""
        return tokens + list(spaces)

    def surfaces(self, tokens: Sequence[str]) -> list[str]:
        """What each token adds to the text, the space before it included."""
        surfaces = []
        for before, token in pairwise(["", *tokens]):
            # White space and JOIN stand for the gap themselves.
            usual = not (token.isspace() or before.isspace() or before == JOIN)
            surfaces.append("" if token == JOIN else (self._gap(before, token) if usual else "") + token)
        return surfaces

    def _cut_unspaced(self, token: str) -> Sequence[str]:
        assert self._words_of is not None
        if token not in self.special_tokens and self._unspaced.match(token):
            return self._words_of(token)
        return (token,)

    def _gap(self, before: str, token: str) -> str:
        """What usually stands between two tokens."""
        return "" if not before or self._glue(before)[1] or self._glue(token)[0] else " "

    def _sides(self, token: str) -> tuple[bool, bool]:
        """Whether a token usually touches the one before it, and the one after."""
        if token in self.special_tokens:
            return False, False
        inside = token in _INSIDE_A_WORD or bool(self._unspaced.match(token))
        return inside or token in _AFTER_A_WORD, inside or token in _BEFORE_A_WORD


@cache
def _marks() -> str:
    """Characters that belong to the one before: accents, vowel signs, joiners of emoji. As ranges for a pattern."""
    marks = [number for number in range(0x300, 0x10000) if unicodedata.category(chr(number)).startswith("M")]
    marks += [0x200D, *range(0x1F3FB, 0x1F400), *range(0xE0100, 0xE01F0)]
    ranges: list[list[int]] = []
    for number in sorted(marks):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)

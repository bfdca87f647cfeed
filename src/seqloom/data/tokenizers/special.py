"""Tokens that a text is cut at before anything else looks at it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqloom.core.errors import RecipeError
from seqloom.core.wording import show
from seqloom.data.vocabulary import CONTROLS

__all__ = ["SpecialTokens"]


class SpecialTokens:
    """Cuts texts at the special tokens; the longest wins where several fit."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tuple(tokens)
        for token in self.tokens:
            if not token or token in CONTROLS or any(char.isspace() for char in token):
                raise RecipeError(
                    f"a special token must be a word without spaces that is none of {', '.join(CONTROLS)}, "
                    f"but is {show(token)}."
                )
        if len(set(self.tokens)) < len(self.tokens):
            raise RecipeError(f"special tokens must differ, but are {show(list(self.tokens))}.")
        longest_first = sorted(self.tokens, key=len, reverse=True)
        self.pattern = "|".join(re.escape(token) for token in longest_first)
        """As a regular expression; empty where there are none."""
        self._cut = re.compile(f"({self.pattern})") if self.tokens else None

    def split(self, text: str) -> list[str]:
        """Text, token, text, token … text; a text between two tokens may be empty."""
        return [text] if self._cut is None else self._cut.split(text)

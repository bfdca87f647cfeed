"""Characters as tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Count, Positive
from seqloom.core.wording import show
from seqloom.data.tokenizers.files import Saved
from seqloom.data.tokenizers.listed import VOCABULARY, ListTokenizer, count_tokens, list_vocabulary
from seqloom.data.tokenizers.special import SpecialTokens
from seqloom.data.vocabulary import Vocabulary

__all__ = ["CharacterSettings"]


@dataclass(frozen=True, kw_only=True)
class CharacterSettings:
    """The character tokenizer."""

    kind: Literal["character"] = "character"
    size: Count = 0
    """Tokens in the vocabulary, the commonest; 0 keeps all."""
    minimum_count: Positive = 1
    """A token seen less often is unknown."""
    whole: str = ""
    """A regular expression: what it matches is one token, such as the tags in `walk V;PST`. Empty: nothing."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.whole)
        except re.error as error:
            raise RecipeError(
                f"whole must be a regular expression, but is {show(self.whole)}: {error}. Correct it."
            ) from None

    def fit(self, texts: Iterable[str], *, special_tokens: Sequence[str] = ()) -> ListTokenizer:
        cutter = self.cutter(special_tokens)
        counts = count_tokens(cutter, texts)
        vocabulary = list_vocabulary(counts, reserved=cutter.reserved, size=self.size, minimum_count=self.minimum_count)
        return ListTokenizer(self, cutter, vocabulary)

    def load(self, folder: Path, saved: Saved) -> ListTokenizer:
        return ListTokenizer(self, self.cutter(saved.special_tokens), Vocabulary.read(folder / VOCABULARY))

    def cutter(self, special_tokens: Sequence[str]) -> _Characters:
        return _Characters(special_tokens, whole=self.whole)


class _Characters:
    """One token a code point, so that a rare combination is spelled by common ones."""

    def __init__(self, special_tokens: Sequence[str], *, whole: str) -> None:
        special = SpecialTokens(special_tokens)
        self.special_tokens = self.reserved = special.tokens
        kinds = [special.pattern, f"(?:{whole})" if whole else "", "."]
        self._token = re.compile("|".join(kind for kind in kinds if kind), re.DOTALL)
        self._plain = not special.tokens and not whole

    def cut(self, text: str) -> list[str]:
        if self._plain:
            return list(text)
        return [found.group() for found in self._token.finditer(text) if found.group()]

    def surfaces(self, tokens: Sequence[str]) -> list[str]:
        return list(tokens)

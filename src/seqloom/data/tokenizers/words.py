"""Words as tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seqloom.core.errors import MissingExtraError, RecipeError
from seqloom.core.settings import Count, Positive
from seqloom.data.tokenizers.files import Saved
from seqloom.data.tokenizers.listed import VOCABULARY, Cutter, ListTokenizer, count_tokens, list_vocabulary
from seqloom.data.tokenizers.spacing import SpacedWords
from seqloom.data.tokenizers.special import SpecialTokens
from seqloom.data.vocabulary import Vocabulary

__all__ = ["WordSettings"]


@dataclass(frozen=True, kw_only=True)
class WordSettings:
    """The word tokenizer."""

    kind: Literal["word"] = "word"
    size: Count = 0
    """Tokens in the vocabulary, the commonest; 0 keeps all."""
    minimum_count: Positive = 1
    """A token seen less often is unknown."""
    split: Literal["words", "space"] = "words"
    """"words": at spaces, digits and signs, with Chinese, Japanese and Thai by character. "space": a token is what
    stands between two single spaces, for texts that are cut already, such as phonemes."""
    segmenter: Literal["characters", "jieba"] = "characters"
    """What cuts Chinese: "jieba" knows its words and needs the extra `chinese`."""

    def __post_init__(self) -> None:
        if self.split == "space" and self.segmenter != "characters":
            raise RecipeError('segmenter must be "characters" with split = "space", which cuts nothing but spaces.')

    def fit(self, texts: Iterable[str], *, special_tokens: Sequence[str] = ()) -> ListTokenizer:
        cutter = self.cutter(special_tokens)
        counts = count_tokens(cutter, texts)
        vocabulary = list_vocabulary(counts, reserved=cutter.reserved, size=self.size, minimum_count=self.minimum_count)
        return ListTokenizer(self, cutter, vocabulary)

    def load(self, folder: Path, saved: Saved) -> ListTokenizer:
        return ListTokenizer(self, self.cutter(saved.special_tokens), Vocabulary.read(folder / VOCABULARY))

    def cutter(self, special_tokens: Sequence[str]) -> Cutter:
        if self.split == "space":
            return _BetweenSpaces(special_tokens)
        return SpacedWords(special_tokens, words_of=_jieba() if self.segmenter == "jieba" else None)


class _BetweenSpaces:
    """Two spaces have an empty token between them, so that nothing is lost. Special tokens stand between spaces too."""

    def __init__(self, special_tokens: Sequence[str]) -> None:
        self.special_tokens = self.reserved = SpecialTokens(special_tokens).tokens

    def cut(self, text: str) -> list[str]:
        return text.split(" ") if text else []

    def surfaces(self, tokens: Sequence[str]) -> list[str]:
        return [f" {token}" if place else token for place, token in enumerate(tokens)]


def _jieba() -> Callable[[str], list[str]]:
    try:
        import jieba
    except ImportError:
        raise MissingExtraError('segmenter = "jieba"', extra="chinese") from None
    jieba.setLogLevel("ERROR")  # it tells of its dictionary on stderr

    def words_of(text: str) -> list[str]:
        # jieba knows only Chinese characters; what it would take apart or drop is handed back whole.
        return [word for part in _HAN.split(text) if part for word in _cut(part)]

    def _cut(part: str) -> list[str]:
        return list(jieba.cut(part)) if _HAN.fullmatch(part) else list(part)

    return words_of


_HAN = re.compile("([\u3400-\u9fff]+)")

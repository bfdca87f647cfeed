"""The tokenizer as people use it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, overload

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse
from seqloom.core.wording import must_be
from seqloom.data.tokenizers import KINDS, TextTokenizer, TokenizerSettings, load_tokenizer

__all__ = ["Tokenizer"]


class _Fit:
    """``fit`` of a tokenizer; on the class, of a new one made with the settings given."""

    def __get__(self, instance: Tokenizer | None, owner: type[Tokenizer]) -> Callable[..., Tokenizer]:
        if instance is not None:
            return instance._fit

        def fit(texts: Iterable[str], **settings: Any) -> Tokenizer:
            return owner(**settings)._fit(texts)

        return fit


class Tokenizer:
    """Text to ids and back, losing nothing.

    >>> tokenizer = Tokenizer(kind="word").fit(["A dog runs.", "A cat sleeps."])
    >>> tokenizer.tokens("A dog sleeps.")
    ['A', 'dog', 'sleeps', '.']
    >>> tokenizer.decode(tokenizer.encode("A dog sleeps."))
    'A dog sleeps.'

    ``kind`` is "bpe", "unigram", "word", "character" or "byte"; the settings are those of that kind.
    """

    def __init__(self, kind: str = "bpe", *, special_tokens: Sequence[str] = (), **settings: Any) -> None:
        if kind not in KINDS:
            raise RecipeError(must_be("kind", f"one of {', '.join(KINDS)}", kind, names=KINDS))
        self.settings: TokenizerSettings = parse(KINDS[kind], {"kind": kind, **settings}, where="Tokenizer")
        self._special_tokens = tuple(special_tokens)
        self._made: TextTokenizer | None = None

    def _fit(self, texts: Iterable[str]) -> Tokenizer:
        if isinstance(texts, str):
            raise RecipeError("texts must be a list of texts, but is one text. Put it in a list.")
        self._made = self.settings.fit(texts, special_tokens=self._special_tokens)
        return self

    fit = _Fit()
    """Learn the vocabulary: ``Tokenizer(kind="word").fit(texts)`` or ``Tokenizer.fit(texts, kind="word")``."""

    @property
    def made(self) -> TextTokenizer:
        """What the rest of Seqloom works with."""
        if self._made is None:
            raise RecipeError("the tokenizer must be fitted before it is used, but is not. Call `fit(texts)`.")
        return self._made

    @overload
    def encode(self, text: str) -> list[int]: ...  # type: ignore[overload-overlap]

    @overload
    def encode(self, text: Sequence[str]) -> list[list[int]]: ...

    def encode(self, text: str | Sequence[str]) -> list[int] | list[list[int]]:
        """Ids of a text; of a list of texts, a list of them."""
        return self.made.encode(text) if isinstance(text, str) else self.made.encode_all(text)

    @overload
    def decode(self, ids: Sequence[int]) -> str: ...

    @overload
    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]: ...

    def decode(self, ids: Sequence[int] | Sequence[Sequence[int]]) -> str | list[str]:
        """The text of ids; of a list of them, a list of texts."""
        if len(ids) and isinstance(ids[0], Sequence):
            return [self.made.decode(row) for row in ids]  # type: ignore[arg-type]
        return self.made.decode(ids)  # type: ignore[arg-type]

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text, one for each of its ids."""
        return self.made.pieces(text)

    def save(self, folder: str | Path) -> None:
        """Write the tokenizer's files, a readable ``vocabulary.tsv`` among them."""
        self.made.save(Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> Tokenizer:
        """What ``save`` wrote."""
        made = load_tokenizer(Path(folder))
        tokenizer = cls.__new__(cls)
        tokenizer.settings = made.settings
        tokenizer._special_tokens = made.special_tokens
        tokenizer._made = made
        return tokenizer

    def __len__(self) -> int:
        return self.made.specials.size

"""Text to ids and back, losing nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final, Protocol, TypeAlias

from seqloom.core.errors import ModelFolderError, RecipeError
from seqloom.core.later import names_later
from seqloom.core.settings import Kinds, parse
from seqloom.core.wording import show
from seqloom.data.tokenizers.contract import TextTokenizer
from seqloom.data.tokenizers.files import Saved, read_folder

__all__ = ["KINDS", "TextTokenizer", "TokenizerSettings", "load_tokenizer"]


class Maker(Protocol):
    """What the settings of every tokenizer can do."""

    @property
    def kind(self) -> str: ...

    @property
    def size(self) -> int:
        """Of the vocabulary, as far as the settings say it."""
        ...

    def fit(self, texts: Iterable[str], *, special_tokens: Sequence[str] = ()) -> TextTokenizer: ...

    def load(self, folder: Path, saved: Saved) -> TextTokenizer:
        """The one that was fitted, and left its files there."""
        ...


KINDS: Final = Kinds(
    {
        "bpe": "seqloom.data.tokenizers.subwords:BpeSettings",
        "unigram": "seqloom.data.tokenizers.subwords:UnigramSettings",
        "word": "seqloom.data.tokenizers.words:WordSettings",
        "character": "seqloom.data.tokenizers.characters:CharacterSettings",
        "byte": "seqloom.data.tokenizers.octets:ByteSettings",
        "vectors": "seqloom.data.tokenizers.vectors:VectorSettings",
    }
)
TokenizerSettings: TypeAlias = Annotated[Maker, KINDS]

__getattr__ = names_later(__name__, {"vectors": "VectorTokenizer"}, paths=KINDS.paths)


def load_tokenizer(folder: Path) -> TextTokenizer:
    """The tokenizer that ``save`` left there; a ModelFolderError with one line where it is not whole."""
    saved = read_folder(folder)
    kind = saved.settings.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ModelFolderError(
            f"{folder} must hold a tokenizer of a known kind, but its kind is {show(kind)}. Use a newer Seqloom."
        )
    try:
        settings: Maker = parse(KINDS[kind], saved.settings, where=str(folder / "tokenizer.json"))
        return settings.load(folder, saved)
    except RecipeError as error:
        raise ModelFolderError(str(error)) from None

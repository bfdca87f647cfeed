"""Text to ids and back, losing nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from seqloom.core.errors import ModelFolderError, RecipeError
from seqloom.core.settings import parse
from seqloom.core.wording import show
from seqloom.data.tokenizers.characters import CharacterSettings
from seqloom.data.tokenizers.contract import TextTokenizer
from seqloom.data.tokenizers.files import read_folder
from seqloom.data.tokenizers.listed import VOCABULARY, ListTokenizer
from seqloom.data.tokenizers.octets import ByteSettings, ByteTokenizer
from seqloom.data.tokenizers.subwords import BpeSettings, SubwordTokenizer, UnigramSettings
from seqloom.data.tokenizers.vectors import VectorSettings, VectorTokenizer
from seqloom.data.tokenizers.words import WordSettings
from seqloom.data.vocabulary import Vocabulary

__all__ = [
    "KINDS",
    "BpeSettings",
    "ByteSettings",
    "CharacterSettings",
    "TextTokenizer",
    "TokenizerSettings",
    "UnigramSettings",
    "VectorSettings",
    "VectorTokenizer",
    "WordSettings",
    "load_tokenizer",
]

TokenizerSettings: TypeAlias = (
    BpeSettings | UnigramSettings | WordSettings | CharacterSettings | ByteSettings | VectorSettings
)

KINDS: dict[str, type[TokenizerSettings]] = {
    "bpe": BpeSettings,
    "unigram": UnigramSettings,
    "word": WordSettings,
    "character": CharacterSettings,
    "byte": ByteSettings,
    "vectors": VectorSettings,
}


def load_tokenizer(folder: Path) -> TextTokenizer:
    """The tokenizer that ``save`` left there; a ModelFolderError with one line where it is not whole."""
    saved = read_folder(folder)
    kind = saved.settings.get("kind")
    if kind not in KINDS:
        raise ModelFolderError(
            f"{folder} must hold a tokenizer of a known kind, but its kind is {show(kind)}. Use a newer Seqloom."
        )
    try:
        settings = parse(KINDS[kind], saved.settings, where=str(folder / "tokenizer.json"))
        if isinstance(settings, BpeSettings | UnigramSettings):
            return SubwordTokenizer.load(folder, settings, saved)
        if isinstance(settings, VectorSettings):
            return VectorTokenizer.load(folder, settings)
        vocabulary = Vocabulary.read(folder / VOCABULARY)
        if isinstance(settings, ByteSettings):
            return ByteTokenizer(saved.special_tokens, counts=vocabulary.counts)
        return ListTokenizer(settings, settings.cutter(saved.special_tokens), vocabulary)
    except RecipeError as error:
        raise ModelFolderError(str(error)) from None

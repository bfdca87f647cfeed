"""Tokenizers whose vocabulary is a list of what was seen: words or characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from seqloom.core.errors import DataError
from seqloom.core.logging import logger
from seqloom.core.settings import to_data
from seqloom.core.specials import Specials
from seqloom.data.tokenizers.files import write_folder
from seqloom.data.tokenizers.surfaces import word_numbers
from seqloom.data.vocabulary import Vocabulary

__all__ = ["VOCABULARY", "Cutter", "ListTokenizer", "count_tokens", "list_vocabulary"]

VOCABULARY = "vocabulary.tsv"


class Cutter(Protocol):
    """Cuts a text into tokens whose ``surfaces`` are the text again, whether anything knows the tokens or not."""

    reserved: tuple[str, ...]
    """Tokens that every vocabulary has."""
    special_tokens: tuple[str, ...]

    def cut(self, text: str) -> list[str]: ...

    def surfaces(self, tokens: Sequence[str]) -> list[str]:
        """What each token adds to the text: ``"".join`` of it is the text, with the spaces that stand between."""
        ...


def count_tokens(cutter: Cutter, texts: Iterable[str]) -> Counter[str]:
    """How often each token is in the texts; a DataError where there is none."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(cutter.cut(text))
    if not counts:
        raise DataError("a tokenizer must be fitted on texts, but there is none that is not empty. Check the data.")
    return counts


def list_vocabulary(counts: Counter[str], *, reserved: Sequence[str], size: int, minimum_count: int) -> Vocabulary:
    """The commonest tokens, with a line in the log where some were left out."""
    found = Vocabulary.of(counts, reserved=reserved, size=size, minimum_count=minimum_count)
    known = sum(count for token, count in counts.items() if token in found.ids)
    if known < counts.total():
        share = 100 * (1 - known / counts.total())
        logger.info("%d tokens are in the vocabulary; %.2f %% of the texts is unknown to it.", len(found.tokens), share)
    return found


class ListTokenizer:
    """A cutter and a vocabulary; what the vocabulary lacks is unknown."""

    samples = False

    def __init__(self, settings: Any, cutter: Cutter, vocabulary: Vocabulary) -> None:
        self.settings = settings
        self.vocabulary = vocabulary
        self._cutter = cutter

    @property
    def specials(self) -> Specials:
        return self.vocabulary.specials

    @property
    def special_tokens(self) -> tuple[str, ...]:
        return self._cutter.special_tokens

    def encode(self, text: str) -> list[int]:
        return self.ids(self._cutter.cut(text))

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """Of tokens as the cutter makes them."""
        ids, unknown = self.vocabulary.ids, self.specials.unk
        return [ids.get(token, unknown) for token in tokens]

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def sample(self, texts: Sequence[str], *, seed: int) -> list[list[int]]:
        return self.encode_all(texts)

    def decode(self, ids: Sequence[int]) -> str:
        size, unknown = self.specials.size, self.specials.unk
        return self.join(self.show([number if number < size else unknown for number in ids if number >= unknown]))

    def pieces(self, text: str) -> list[str]:
        return self._cutter.cut(text)

    def words_of(self, text: str, ids: Sequence[int]) -> list[int]:
        # Of the text itself, for an unknown token has lost what it was. One that was cut short has fewer ids.
        return word_numbers(self._cutter.surfaces(self._cutter.cut(text)[: len(ids)]))

    def show(self, ids: Sequence[int]) -> list[str]:
        return [self.vocabulary.tokens[number] for number in ids]

    def join(self, pieces: Sequence[str]) -> str:
        return "".join(self._cutter.surfaces(pieces))

    def id_of(self, piece: str) -> int | None:
        return self.vocabulary.ids.get(piece)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.vocabulary.write(folder / VOCABULARY)
        write_folder(folder, settings=to_data(self.settings), special_tokens=self.special_tokens, files=(VOCABULARY,))

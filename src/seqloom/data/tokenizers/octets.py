"""Bytes as tokens: nothing to learn, nothing unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seqloom.core.settings import to_data
from seqloom.core.specials import Specials
from seqloom.data.tokenizers.files import Saved, write_folder
from seqloom.data.tokenizers.listed import VOCABULARY
from seqloom.data.tokenizers.special import SpecialTokens
from seqloom.data.tokenizers.surfaces import word_numbers
from seqloom.data.vocabulary import CONTROLS, Vocabulary

__all__ = ["ByteSettings", "ByteTokenizer"]

_BYTES = 256
_FIRST = len(CONTROLS)


@dataclass(frozen=True, kw_only=True)
class ByteSettings:
    """The byte tokenizer."""

    kind: Literal["byte"] = "byte"

    @property
    def size(self) -> int:
        """Of the vocabulary, without special tokens."""
        return _FIRST + _BYTES

    def fit(self, texts: Iterable[str], *, special_tokens: Sequence[str] = ()) -> ByteTokenizer:
        counts = [0] * (_FIRST + _BYTES + len(special_tokens))
        empty = ByteTokenizer(special_tokens, counts=counts)
        for text in texts:
            for number in empty.encode(text):
                counts[number] += 1
        return ByteTokenizer(special_tokens, counts=counts)

    def load(self, folder: Path, saved: Saved) -> ByteTokenizer:
        return ByteTokenizer(saved.special_tokens, counts=Vocabulary.read(folder / VOCABULARY).counts)


class ByteTokenizer:
    """UTF-8 bytes; a byte's id is its value and four. Behind them stand the special tokens."""

    samples = False
    settings = ByteSettings()

    def __init__(self, special_tokens: Sequence[str], *, counts: Sequence[int]) -> None:
        self._special = SpecialTokens(special_tokens)
        names = (*CONTROLS, *(f"<0x{value:02X}>" for value in range(_BYTES)), *self._special.tokens)
        self.vocabulary = Vocabulary(tokens=names, counts=tuple(counts))

    @property
    def specials(self) -> Specials:
        return self.vocabulary.specials

    @property
    def special_tokens(self) -> tuple[str, ...]:
        return self._special.tokens

    def encode(self, text: str) -> list[int]:
        ids: list[int] = []
        for place, segment in enumerate(self._special.split(text)):
            if place % 2:
                ids.append(self.vocabulary.ids[segment])
            else:
                ids += [_FIRST + value for value in _utf8(segment)]
        return ids

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def sample(self, texts: Sequence[str], *, seed: int) -> list[list[int]]:
        return self.encode_all(texts)

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join(self._content(ids)).decode("utf-8", "replace")

    def _content(self, ids: Sequence[int]) -> Iterator[bytes]:
        for number in ids:
            if _FIRST <= number < _FIRST + _BYTES:
                yield bytes([number - _FIRST])
            elif _FIRST <= number < self.specials.size:
                yield self.vocabulary.tokens[number].encode()
            elif number == self.specials.unk or number >= self.specials.size:
                yield CONTROLS[self.specials.unk].encode()

    def pieces(self, text: str) -> list[str]:
        return self.show(self.encode(text))

    def words_of(self, text: str, ids: Sequence[int]) -> list[int]:
        surfaces: list[str] = []
        for place, segment in enumerate(self._special.split(text)):
            if place % 2:
                surfaces.append(segment)
            else:  # a character's first byte stands for it, and those behind it go with that
                for char in _utf8(segment).decode():
                    surfaces += [char, *[""] * (len(char.encode()) - 1)]
        return word_numbers(surfaces[: len(ids)])

    def show(self, ids: Sequence[int]) -> list[str]:
        return [self.vocabulary.tokens[number] for number in ids]

    def join(self, pieces: Sequence[str]) -> str:
        content = b""
        for piece in pieces:
            number = self.id_of(piece)
            known = number is not None and number < _FIRST + _BYTES
            content += bytes([number - _FIRST]) if number is not None and known else piece.encode()
        return content.decode("utf-8", "replace")

    def id_of(self, piece: str) -> int | None:
        return self.vocabulary.ids.get(piece)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.vocabulary.write(folder / VOCABULARY)
        write_folder(folder, settings=to_data(self.settings), special_tokens=self.special_tokens, files=(VOCABULARY,))


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair is no character: it becomes the one that stands for that
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()

"""What everything else knows of a tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from seqloom.core.specials import Specials

__all__ = ["TextTokenizer"]


class TextTokenizer(Protocol):
    """Text to ids and back, losing nothing: ``decode(encode(text)) == text`` wherever the vocabulary covers it."""

    @property
    def settings(self) -> Any:
        """What it was made from."""
        ...

    @property
    def specials(self) -> Specials:
        """The vocabulary's size and its four controls."""
        ...

    @property
    def special_tokens(self) -> tuple[str, ...]:
        """Tokens that are never split and never made from anything but themselves, such as ``<2de>``."""
        ...

    @property
    def samples(self) -> bool:
        """Whether ``sample`` says anything else than ``encode_all``."""
        ...

    def encode(self, text: str) -> list[int]: ...

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]: ...

    def sample(self, texts: Sequence[str], *, seed: int) -> list[list[int]]:
        """Another segmentation for every seed, the same one for the same seed; it decodes to the same text."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids. Controls say nothing, but for the unknown one; so does an id beyond the vocabulary."""
        ...

    def pieces(self, text: str) -> list[str]:
        """The tokens of a text, one for each of its ids, unknown ones too: ``join`` of them is the text again."""
        ...

    def words_of(self, text: str, ids: Sequence[int]) -> list[int]:
        """Which of the words of a text, parted by white space, each of its ids belongs to, whatever cut it into them.

        A space that is a token belongs to the word before it, and one that begins a token to that token's word.
        """
        ...

    def show(self, ids: Sequence[int]) -> list[str]:
        """The token of each id."""
        ...

    def join(self, pieces: Sequence[str]) -> str:
        """The text that tokens make, whether the vocabulary has them or not."""
        ...

    def id_of(self, piece: str) -> int | None:
        """The id of a token, None where the vocabulary lacks it. Controls cannot be named."""
        ...

    def save(self, folder: Path) -> None:
        """Write the tokenizer's files, a readable ``vocabulary.tsv`` among them."""
        ...

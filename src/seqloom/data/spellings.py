"""How a tokenizer's tokens are written, for constraints on what an answer says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from seqloom.core.scripts import UNSPACED
from seqloom.data.tokenizers.contract import TextTokenizer
from seqloom.decoding.constraints.words import Spelling, Spellings, Words

__all__ = ["words_of"]

_BYTE = re.compile("<0x([0-9A-F]{2})>")
_NEVER_IN_A_WORD = re.compile(f"[{UNSPACED}]")


def words_of(tokenizer: TextTokenizer, own_words: Sequence[str] = ()) -> Words:
    """The vocabulary as constraints know it, with a source's own words behind it."""
    words = _words(tokenizer)  # type: ignore[arg-type]  # a tokenizer is known by its identity
    return words.with_own([_spelling(tokenizer, word) for word in own_words]) if own_words else words


@lru_cache(maxsize=8)
def _words(tokenizer: TextTokenizer) -> Words:
    """Made once: a vocabulary is looked at token by token."""
    specials = tokenizer.specials
    spellings = [
        _byte(tokenizer, number, token) or _spelling(tokenizer, token)
        for number, token in enumerate(tokenizer.show(range(specials.size)))
    ]
    return Words(spellings=Spellings(spellings, specials=specials, in_word=_in_word), encode=tokenizer.encode)


def _byte(tokenizer: TextTokenizer, number: int, token: str) -> Spelling | None:
    """A token that stands for a byte, and not for the text of its name."""
    name = _BYTE.fullmatch(token)
    if name is None or tokenizer.decode([number]) == token:
        return None
    byte = bytes.fromhex(name[1])
    return Spelling(byte, byte)


def _spelling(tokenizer: TextTokenizer, token: str) -> Spelling:
    """Seen from what the tokenizer makes of it alone, behind a word and before one."""
    word = tokenizer.pieces("x")
    another = tokenizer.pieces("x x")[len(word) :]
    bare, behind = tokenizer.join([token]), tokenizer.join([*word, token])[1:]
    touches = tokenizer.join([token, *another]) == bare + tokenizer.join(another)
    return Spelling(bare.encode(errors="replace"), behind.encode(errors="replace"), touches)


def _in_word(char: str) -> bool:
    """Letters, digits and marks of a script that has spaces between words."""
    letter = char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")
    return letter and not _NEVER_IN_A_WORD.match(char)

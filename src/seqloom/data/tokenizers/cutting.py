"""A smaller vocabulary made of a larger one, in which the texts that it was cut for are the same tokens as before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

from seqloom.core.errors import RecipeError
from seqloom.data.tokenizers.contract import TextTokenizer
from seqloom.data.tokenizers.listed import ListTokenizer
from seqloom.data.tokenizers.subwords import SubwordTokenizer
from seqloom.data.tokenizers.words import WordSettings
from seqloom.data.vocabulary import CONTROLS, Vocabulary

__all__ = ["Cut", "cut_vocabulary"]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What is left."""

    tokenizer: TextTokenizer
    ids: tuple[int, ...]
    """The former id of each token, in their order."""


def cut_vocabulary(tokenizer: TextTokenizer, used: Collection[int]) -> Cut:
    """The tokens of these ids, and what a tokenizer needs so that any text can be written with them.

    Subwords: all bytes and single characters, and the parts that a used piece is merged of. A text that needs a lost
    piece is cut into smaller ones. Words: what is lost is unknown from now on, like any word that never was known.
    """
    if isinstance(tokenizer, SubwordTokenizer):
        return _cut_subwords(tokenizer, used)
    if isinstance(tokenizer, ListTokenizer) and isinstance(tokenizer.settings, WordSettings):
        return _cut_words(tokenizer, used)
    raise RecipeError(
        f'a vocabulary must be of "bpe", "unigram" or "word" to be cut, but is of "{tokenizer.settings.kind}", which '
        "has nothing smaller to write a lost token with. Leave it as it is."
    )


def _cut_words(tokenizer: ListTokenizer, used: Collection[int]) -> Cut:
    whole = tokenizer.vocabulary
    cutter = tokenizer.settings.cutter(tokenizer.special_tokens)
    first = len(CONTROLS) + len(cutter.reserved)
    ids = tuple(
        number
        for number, token in enumerate(whole.tokens)
        if number < first or number in used or not token.strip()  # white space, which nothing else stands for
    )
    kept = Vocabulary(
        tokens=tuple(whole.tokens[number] for number in ids), counts=tuple(whole.counts[number] for number in ids)
    )
    return Cut(tokenizer=ListTokenizer(tokenizer.settings, cutter, kept), ids=ids)


# ---- subwords --------------------------------------------------------------------------------------------------------


def _cut_subwords(tokenizer: SubwordTokenizer, used: Collection[int]) -> Cut:
    scores = tokenizer.scores
    # Controls, bytes, the line break and special tokens have no scores: no merge makes them.
    kept = {number for number, piece in enumerate(tokenizer.vocabulary.tokens) if piece not in scores} | {*used}
    kept |= {tokenizer.vocabulary.ids[piece] for piece in scores if len(piece) == 1}
    if tokenizer.settings.kind == "bpe":
        for number in used:
            piece = tokenizer.vocabulary.tokens[number]
            if piece in scores:
                kept.update(tokenizer.vocabulary.ids[part] for part in _merged(piece, scores))
    ids = tuple(sorted(kept))
    return Cut(tokenizer=tokenizer.of_pieces(ids), ids=ids)


def _merged(piece: str, scores: Mapping[str, float]) -> list[str]:
    """All that is merged on the way to a piece. Without them the merges would end before it.

    Those within a piece are the same wherever it stands, for no merge that crosses its ends was made there.
    """
    parts, made = list(piece), []
    while len(parts) > 1:
        chances = [(-scores[both], place) for place, both in enumerate(map("".join, pairwise(parts))) if both in scores]
        if not chances:  # a token that a person named, which is never made by merges
            break
        _, place = min(chances)
        parts[place : place + 2] = ["".join(parts[place : place + 2])]
        made.append(parts[place])
    return made

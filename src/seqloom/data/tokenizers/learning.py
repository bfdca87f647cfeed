"""Learning subwords from texts of any number."""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from seqloom.core.errors import DataError
from seqloom.core.logging import logger
from seqloom.data.tokenizers.special import SpecialTokens
from seqloom.data.vocabulary import CONTROLS

__all__ = ["FEWEST", "learn", "sample_lines"]

_BYTES = 256
FEWEST = 300
"""Tokens of the smallest vocabulary of subwords: the controls, every byte, and something to learn."""
_LONGEST_LINE = 1000
"""Characters; at most four bytes each, which stays below what sentencepiece reads of a line."""
_WORKERS = 4
"""Fixed, since unigram's sums depend on how the lines are shared out."""
_SEED = 1
_BREAK = "\n"
"""A token of its own, so never a part of another: it stands for whatever no piece may reach over."""
_NEVER_LEARNT = ("\0", "\u2585")
"""sentencepiece passes over lines with these."""


def sample_lines(texts: Iterable[str], *, most: int, special: SpecialTokens, escape: Callable[[str], str]) -> list[str]:
    """At most so many lines, each text's lines with the same chance (Vitter 1985, algorithm R)."""
    dice = random.Random(_SEED)
    kept: list[str] = []
    for seen, line in enumerate(line for text in texts for line in _lines(text, special, escape)):
        if seen < most:
            kept.append(line)
        elif (place := dice.randrange(seen + 1)) < most:
            kept[place] = line
    if not kept:
        raise DataError("a tokenizer must be fitted on texts, but there is none that is not empty. Check the data.")
    return kept


def _lines(text: str, special: SpecialTokens, escape: Callable[[str], str]) -> Iterator[str]:
    for segment in special.split(text)[::2]:
        line = escape(segment)
        for char in _NEVER_LEARNT:
            line = line.replace(char, _BREAK)
        for start in range(0, len(line), _LONGEST_LINE):
            if part := line[start : start + _LONGEST_LINE].strip():
                yield part


def learn(lines: list[str], *, kind: Literal["bpe", "unigram"], size: int, num_special: int) -> bytes:
    """A sentencepiece model in which any text can be written, its last resort being bytes.

    Where the lines have too few different subwords the vocabulary is smaller; where they have too many different
    characters, the rarest are left to the bytes, so that half of the vocabulary remains for longer pieces.
    """
    import sentencepiece

    room = size - num_special - len(CONTROLS) - _BYTES - len(_BREAK)
    if room < 2:
        raise DataError(
            f"the vocabulary's size must be at least {size - room + 2} with {num_special} "
            f"special tokens, but is {size}. Raise `size`."
        )
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_common(lines, most=max(1, room // 2)),
        model_writer=written,
        model_type=kind,
        vocab_size=size - num_special,
        hard_vocab_limit=False,
        byte_fallback=True,
        character_coverage=1.0,
        user_defined_symbols=[_BREAK],
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        max_sentence_length=4 * _LONGEST_LINE,
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        pad_piece=CONTROLS[0],
        bos_piece=CONTROLS[1],
        eos_piece=CONTROLS[2],
        unk_piece=CONTROLS[3],
        unk_surface=CONTROLS[3],
        num_threads=_WORKERS,
        minloglevel=2,
    )
    model = written.getvalue()
    made = sentencepiece.SentencePieceProcessor(model_proto=model).get_piece_size() + num_special
    if made < size:
        logger.info("The texts have no more than %d different subwords, so the vocabulary's size is %d.", made, made)
    return model


def _common(lines: list[str], *, most: int) -> Iterator[str]:
    """The lines with a break for every character that is not among the commonest ``most``."""
    if len({"\u2581"}.union(*lines)) <= most:
        return iter(lines)
    counts = Counter({"\u2581": len(lines)})
    for line in lines:
        counts.update(line)
    rare = dict.fromkeys((ord(char) for char, _ in counts.most_common()[most:]), _BREAK)
    return (line.translate(rare) for line in lines)

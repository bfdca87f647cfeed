"""Sequences as people have them in hand: texts or rows of symbols, in lists, arrays or data frames."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from seqloom.core.errors import DataError
from seqloom.core.wording import show
from seqloom.data.objects import UnreadableError, as_text
from seqloom.data.tokenizers import TokenizerSettings
from seqloom.data.tokenizers.characters import CharacterSettings
from seqloom.data.tokenizers.subwords import BpeSettings
from seqloom.data.tokenizers.words import WordSettings

__all__ = ["Sequences", "as_integers", "fitting_tokenizer", "read_pair_of_sequences", "read_sequences"]


@dataclass(frozen=True, kw_only=True)
class Sequences:
    """Texts; or rows of symbols, each written as a text with one space between two symbols."""

    texts: list[str]
    symbols: bool


def read_sequences(given: object, *, name: str, padding: int | None = None) -> Sequences:
    """A list, an array, or a column of a data frame, of texts or of rows of integers or other symbols.

    ``padding`` fills short rows at their end, and is no symbol. ``name`` is what messages call it all.
    """
    items = _items(given, name)
    if not items:
        raise DataError(f"`{name}` must have at least one sequence, but is empty. Give some.")
    symbols = not isinstance(items[0], str)
    write = _symbols if symbols else _text
    return Sequences(
        texts=[write(item, f"`{name}[{place}]`", padding) for place, item in enumerate(items)], symbols=symbols
    )


def read_pair_of_sequences(
    sources: object, targets: object | None, *, padding: int | None = None
) -> tuple[Sequences, Sequences]:
    """Sources and their targets; without ``targets``, a data frame of two columns or a list of (source, target)."""
    if targets is None:
        sources, targets = _two_columns(sources) if _is_frame(sources) else _unzipped(sources)
    source = read_sequences(sources, name="sources", padding=padding)
    target = read_sequences(targets, name="targets", padding=padding)
    if len(source.texts) != len(target.texts):
        raise DataError(
            f"`sources` and `targets` must be equally many, but are {len(source.texts):,} and {len(target.texts):,}. "
            f"Give each source its target."
        )
    return source, target


def as_integers(text: str) -> list[int]:
    """The integers that a row of them was written as."""
    try:
        return [int(symbol) for symbol in text.split(" ")] if text else []
    except ValueError:
        raise DataError(f"the answer must be integers with spaces between them, but is {show(text)}.") from None


# ---- what holds the sequences ----------------------------------------------------------------------------------------


def _items(given: object, name: str) -> list[Any]:
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        what = "one text" if isinstance(given, str) else f"of type {type(given).__name__}"
        raise DataError(f"`{name}` must be a list of sequences, but is {what}. Put its sequences in a list.")
    if _is_frame(given):
        columns = list(given.columns)  # type: ignore[attr-defined]
        if len(columns) != 1:
            raise DataError(
                f"`{name}` must be one column, but is a data frame with {len(columns)}: "
                f"{show(list(map(str, columns)))}. Name the one that is meant."
            )
        given = given[columns[0]]  # type: ignore[index]
    return _plain(given)


def _plain(given: Any) -> list[Any]:
    """A list of it; arrays, tensors and columns give out python's own values."""
    for method in ("tolist", "to_list"):
        if hasattr(given, method):
            listed = getattr(given, method)()
            return listed if isinstance(listed, list) else [listed]
    return list(given)


def _is_frame(given: object) -> bool:
    """Data frames of every library have both, and hand out a column by its name."""
    return hasattr(given, "columns") and hasattr(given, "shape")


def _two_columns(frame: Any) -> tuple[object, object]:
    names = [str(name) for name in frame.columns]
    if {"source", "target"} <= set(names):
        return frame["source"], frame["target"]
    if len(names) != 2:
        raise DataError(
            f"a data frame must have two columns, or some called `source` and `target`, but has {show(names)}. "
            f"Choose: `fit(frame[…], frame[…])`."
        )
    first, second = frame.columns
    return frame[first], frame[second]


def _unzipped(pairs: object) -> tuple[list[object], list[object]]:
    sources, targets = [], []
    for place, pair in enumerate(_items(pairs, "sources")):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise DataError(
                f"without `targets`, `sources[{place}]` must be a pair of source and target, but is {show(pair)}. "
                f"Give the targets as the second argument."
            )
        sources.append(pair[0])
        targets.append(pair[1])
    return sources, targets


# ---- one sequence ----------------------------------------------------------------------------------------------------


def _text(item: object, place: str, padding: int | None) -> str:
    try:
        return as_text(item, place.strip("`"))
    except UnreadableError as error:
        raise DataError(f"{error}, as the first one is. Give texts alone, or rows of symbols alone.") from None


def _symbols(item: object, place: str, padding: int | None) -> str:
    if isinstance(item, str | bytes | Mapping) or not isinstance(item, Iterable):
        raise DataError(
            f"{place} must be a text, or a row of integers or symbols, but is {show(item)}. "
            f"Put a single symbol in a list."
        )
    row = _plain(item)
    if padding is not None:
        while row and row[-1] == padding:
            row.pop()
    return " ".join(_symbol(each, place) for each in row)


def _symbol(symbol: object, place: str) -> str:
    if isinstance(symbol, str):
        if not symbol or any(char.isspace() for char in symbol):
            raise DataError(f"{place} must have symbols without spaces, but has {show(symbol)}. Give it as a text.")
        return symbol
    try:
        if isinstance(symbol, bool):
            raise TypeError
        return str(operator.index(symbol))  # type: ignore[arg-type]
    except TypeError:
        raise DataError(
            f"{place} must have integers or strings for its symbols, but has {show(symbol)}. Convert them."
        ) from None


# ---- how they are cut ------------------------------------------------------------------------------------------------

_LOOKED_AT = 20_000
_OFTEN = 5
_MUCH = 200_000


def fitting_tokenizer(sequences: Sequences) -> TokenizerSettings:
    """What suits the sequences when nobody says: symbols stay whole; so do words where there are few.

    Few means that none of them was seen less than five times, as in labels or commands. Other texts are cut into
    subwords where they are much, 200,000 characters, and into characters where they are little.
    """
    if sequences.symbols:
        return WordSettings(split="space")
    words = WordSettings()
    cutter = words.cutter(())
    counts = Counter(word for text in islice(sequences.texts, _LOOKED_AT) for word in cutter.cut(text))
    if counts and min(counts.values()) >= _OFTEN and not _are_characters(counts):
        return words
    characters = sum(map(len, sequences.texts))
    if characters < _MUCH:
        return CharacterSettings()
    return BpeSettings(size=max(1000, min(8000, characters // 100)))


def _are_characters(words: Sequence[str] | Counter[str]) -> bool:
    """Chinese, say, is cut into characters by the word tokenizer too, which then knows no others."""
    return all(len(word) == 1 and not word.isascii() for word in words)

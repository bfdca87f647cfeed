"""What stands beside a text, numbered: factors of its words, further sources, an alignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from seqloom.core.errors import DataError
from seqloom.core.specials import Specials
from seqloom.data.annotations import values_of
from seqloom.data.features import Feature, features_of
from seqloom.data.numbered import ALIGNMENT, TARGET, TEXT, UNITS, Numbered, factor_part
from seqloom.data.rows import Row
from seqloom.data.stored import WHOLE_NUMBERS, Stored
from seqloom.data.tokenizers.contract import TextTokenizer

__all__ = ["Beside"]

_NONE: Mapping[str, TextTokenizer] = MappingProxyType({})
_NOTHING: Mapping[str, Feature] = MappingProxyType({})


class Beside:
    """The tokenizers of what else a source has, by name, and how words become the tokens of both sides.

    A factor's tokenizer cuts at spaces, a value for each word; those in ``made`` are seen in the word itself. With
    ``aligned``, rows say which words say the same; with ``by_word``, the first token of each word is what is labelled.
    """

    def __init__(
        self,
        source: TextTokenizer,
        target: TextTokenizer,
        *,
        factors: Mapping[str, TextTokenizer] = _NONE,
        further: Mapping[str, TextTokenizer] = _NONE,
        made: Mapping[str, Feature] = _NOTHING,
        aligned: bool = False,
        by_word: bool = False,
    ) -> None:
        self.sources, self.targets = source, target
        self.factors, self.further, self.aligned = factors, further, aligned
        self.made, self.by_word = made, by_word

    def __bool__(self) -> bool:
        return bool(self.factors or self.further or self.aligned or self.by_word)

    @property
    def given(self) -> list[str]:
        """The factors that rows have."""
        return [name for name in self.factors if name not in self.made]

    @property
    def vocabularies(self) -> dict[str, Specials]:
        """As ``SourceBatch.parts`` names the parts."""
        found = {factor_part(name): tokenizer for name, tokenizer in self.factors.items()} | dict(self.further)
        return {name: tokenizer.specials for name, tokenizer in found.items()}

    @property
    def stored(self) -> dict[str, Stored]:
        """How its columns lie on disk."""
        columns = {name: Stored.ids(specials.size) for name, specials in self.vocabularies.items()}
        columns |= {ALIGNMENT: Stored(dtype="int32", channels=2)} if self.aligned else {}
        return columns | ({UNITS: WHOLE_NUMBERS} if self.by_word else {})

    def parts(self, text: str, ids: Sequence[int], extras: Mapping[str, Any]) -> dict[str, list[int]]:
        """The parts beyond a text that was cut into these ids: each has the factors of its word.

        ``extras`` are a row's; a DataError names what is missing among them.
        """
        parts = self.further_parts(extras)
        if not self.factors:
            return parts
        number = len(text.split())
        words = self.sources.words_of(text, ids)
        for name, tokenizer in self.factors.items():
            try:
                made = self.made.get(name)
                written = features_of(text, made) if made else " ".join(values_of(_there(extras, name), name))
                values = tokenizer.encode(written)
            except ValueError as error:
                raise DataError(f"{error}.") from None
            if len(values) != number:
                raise DataError(
                    f"`{name}` must have a value for each of the source's {number} words, but has {len(values)}."
                )
            # A text of nothing but spaces has tokens and no words.
            parts[factor_part(name)] = (
                [values[word] for word in words] if number else [tokenizer.specials.unk] * len(ids)
            )
        return parts

    def units(self, text: str, ids: Sequence[int]) -> list[int] | None:
        """The places that are labelled; None: all of them."""
        return _firsts(self.sources.words_of(text, ids)) if self.by_word else None

    def further_parts(self, extras: Mapping[str, Any]) -> dict[str, list[int]]:
        return {name: tokenizer.encode(_there(extras, name)) for name, tokenizer in self.further.items()}

    def further_pieces(self, extras: Mapping[str, Any]) -> list[str]:
        """The tokens of all further sources, end to end."""
        return [piece for name, each in self.further.items() for piece in each.pieces(_there(extras, name))]

    def columns(self, row: Row, source: Sequence[int], target: Sequence[int]) -> dict[str, Sequence[Any]]:
        """Of a pair that was cut into these ids."""
        columns: dict[str, Sequence[Any]] = {**self.parts(row.source, source, row.extras)}
        if self.aligned:
            columns[ALIGNMENT] = self._alignment(row, source, target)
        if self.by_word:
            columns[UNITS] = _firsts(self.sources.words_of(row.source, source))
        return columns

    def _alignment(self, row: Row, source: Sequence[int], target: Sequence[int]) -> list[tuple[int, int]]:
        """Every token of a word with every one of the words that say the same; a row need not have one."""
        pairs = row.extras.get(ALIGNMENT) or ()
        if not pairs:
            return []
        ours = _places(self.sources.words_of(row.source, source))
        theirs = _places(self.targets.words_of(row.targets[0], target))
        return [
            (one, other) for first, second in pairs for one in ours.get(first, ()) for other in theirs.get(second, ())
        ]

    def moved(self, pair: Numbered, columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        """What a pair's tokens have, handed to the tokens that its words are made of in ``columns``."""
        before, now = _units(self.sources, pair.text, columns[TEXT])
        moved: dict[str, Sequence[Any]] = {}
        for name in map(factor_part, self.factors):
            value_of = dict(zip(before, pair.columns[name], strict=True))
            moved[name] = [value_of[word] for word in now]
        if self.by_word and self.sources.samples:
            moved[UNITS] = _firsts(now)
        if self.aligned:
            said_before, said_now = _units(self.targets, pair.target, columns[TARGET])
            words = dict.fromkeys((before[one], said_before[other]) for one, other in pair.columns[ALIGNMENT])
            ours, theirs = _places(now), _places(said_now)
            moved[ALIGNMENT] = [
                (one, other) for first, second in words for one in ours[first] for other in theirs[second]
            ]
        return moved


def _units(tokenizer: TextTokenizer, before: Sequence[int], now: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """What a text's tokens have in common in two segmentations: its words, or where there is but one, themselves."""
    if not tokenizer.samples:
        return range(len(before)), range(len(now))
    text = tokenizer.decode(before)
    return tokenizer.words_of(text, before), tokenizer.words_of(text, now)


def _firsts(words: Sequence[int]) -> list[int]:
    """The place of each word's first token."""
    return [place for place, word in enumerate(words) if not place or word != words[place - 1]]


def _places(words: Sequence[int]) -> dict[int, list[int]]:
    """The places of each word's tokens."""
    places: dict[int, list[int]] = {}
    for place, word in enumerate(words):
        places.setdefault(word, []).append(place)
    return places


def _there(extras: Mapping[str, Any], name: str) -> Any:
    if name not in extras:
        raise DataError(f"a source must have `{name}` beside its text, but has none. Give its column.")
    return extras[name]

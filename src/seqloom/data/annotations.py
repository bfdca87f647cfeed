"""What a row has beyond a source and its targets: factors of the words, further sources, an alignment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive
from seqloom.core.wording import show
from seqloom.data.features import Feature
from seqloom.data.numbered import ALIGNMENT, COPY, TARGET, TEXT, UNITS
from seqloom.data.rows import BadLine, Row
from seqloom.data.tokenizers import TokenizerSettings

__all__ = ["Annotations", "FactorColumn", "FurtherSource", "check_names", "follow", "stretch", "values_of"]

_TAKEN = frozenset({TEXT, TARGET, COPY, UNITS, ALIGNMENT, "source", "vectors", "audio", "image", "latent"})


@dataclass(frozen=True, kw_only=True)
class FactorColumn:
    """A factor (Sennrich & Haddow 2016): a feature of each word of the source, such as its part of speech."""

    column: int | str | None = None
    """Where it stands, by name or by number from 1; by default the column of its own name. A value for each word of
    the source, with spaces between them."""
    minimum_count: Positive = 1
    """A value that the training data has less often is unknown."""
    made: Feature | None = None
    """What is seen in the word itself, for which there is no column."""

    def __post_init__(self) -> None:
        if self.made is not None and self.column is not None:
            raise RecipeError(
                f"column must not be given with `made`, but is {show(self.column)}. Leave one of them out."
            )


@dataclass(frozen=True, kw_only=True)
class FurtherSource:
    """A further source, such as a first translation that is to be corrected."""

    column: int | str | None = None
    """Where it stands, by name or by number from 1; by default the column of its own name."""
    like: Literal["source", "target"] = "source"
    """The side whose language it is in: it is cleaned as that one is."""
    tokenizer: TokenizerSettings | None = None
    """None: numbered with the tokenizer of the side that it is like."""


@dataclass(frozen=True, kw_only=True)
class Annotations:
    """What the recipe names, and how it is found in a row's ``extras``: under the recipe's names for it."""

    factors: Mapping[str, FactorColumn] = field(default_factory=dict)
    sources: Mapping[str, FurtherSource] = field(default_factory=dict)
    alignment: int | str | None = None
    separator: str = ""
    """What parts a word from its factors where they stand in the source itself."""

    def __post_init__(self) -> None:
        check_names("data.factors", self.factors)
        check_names("data.sources", self.sources)
        if both := self.factors.keys() & self.sources.keys():
            raise RecipeError(f"`data.sources` must have other names than `data.factors`, but both have {min(both)}.")
        if self.separator:
            if not self.factors:
                raise RecipeError("`data.factor_separator` must be empty without `data.factors`. Name the factors.")
            if self.separator.isspace():
                raise RecipeError("`data.factor_separator` must be no white space, which parts words. Take ￨.")
            if named := [name for name, each in self.factors.items() if each.column is not None]:
                raise RecipeError(
                    f"`data.factors.{named[0]}.column` must not be given with `data.factor_separator`, "
                    "which finds factors in the source. Leave one of them out."
                )

    def __bool__(self) -> bool:
        return bool(self.factors or self.sources or self.alignment is not None)

    def columns(self, *, aligned: bool) -> dict[str, int | str]:
        """The further columns to read, by the names under which rows shall have them."""
        found: dict[str, FactorColumn | FurtherSource] = dict(self.sources)
        if not self.separator:
            found = {**self.factors, **found}
        columns = {name: name if each.column is None else each.column for name, each in found.items()}
        return columns | ({ALIGNMENT: self.alignment} if aligned and self.alignment is not None else {})

    def of(self, row: Row) -> dict[str, Any]:
        """The row's extras without those that the recipe does not name."""
        names = (*self.factors, *self.sources, ALIGNMENT)
        return {name: row.extras[name] for name in names if name in row.extras}

    def rows(self, rows: Iterable[Row | BadLine]) -> Iterator[Row | BadLine]:
        """Each row through ``row``."""
        if not self:
            return iter(rows)
        return (self.row(row) if isinstance(row, Row) else row for row in rows)

    def row(self, row: Row) -> Row | BadLine:
        """The row with its annotations parted from the source and checked, or why it is none; twice does no harm."""
        if not row.source.strip():
            return row
        try:
            source, extras = row.source, dict(row.extras)
            for name, column in self.columns(aligned=True).items():
                # A row from Python's hands has the names of its columns.
                if name not in extras and isinstance(column, str) and column in extras:
                    extras[name] = extras[column]
            if self.separator and not extras.keys() >= self.factors.keys():
                source, found = self._parted(source)
                extras |= found
            for name in self.factors:
                values = values_of(_there(extras, name), name)
                if len(values) != len(source.split()):
                    raise ValueError(
                        f"`{name}` must have a value for each of the source's {len(source.split())} words, "
                        f"but has {len(values)}"
                    )
                extras[name] = " ".join(values)
            for name in self.sources:
                text = _there(extras, name)
                if not isinstance(text, str) or not text.strip():
                    raise ValueError(f"`{name}` must be a text, but is {show(text)}")
            if self.alignment is not None and extras.get(ALIGNMENT) is not None:
                target = row.targets[0] if row.targets else ""
                extras[ALIGNMENT] = _aligned(extras[ALIGNMENT], len(source.split()), len(target.split()))
        except ValueError as error:
            return BadLine(file=row.file, line=row.line, what=str(error), text=row.source)
        return replace(row, source=source, extras=extras)

    def _parted(self, text: str) -> tuple[str, dict[str, str]]:
        """word￨NOUN￨Cap → the words, and the values of each factor in the recipe's order."""
        rows = [word.split(self.separator) for word in text.split()]
        number = 1 + len(self.factors)
        wrong = next((row for row in rows if len(row) != number or not all(row)), None)
        if wrong is not None:
            raise ValueError(
                f"each word must have {number - 1} factors ({', '.join(self.factors)}) behind "
                f"{show(self.separator)}, but one is {show(self.separator.join(wrong))}"
            )
        words, *factors = zip(*rows, strict=True)
        return " ".join(words), {name: " ".join(values) for name, values in zip(self.factors, factors, strict=True)}

    def cleaned(self, row: Row, source: str, targets: tuple[str, ...], clean: Mapping[str, _Clean]) -> Row | BadLine:
        """The row with these texts made of its own, and its annotations as far as cleaning has words follow.

        A word that was taken out takes its factors with it; one that became two hands them to both.
        """
        extras = dict(row.extras)
        if not targets:  # a question: there is nothing yet that its words could say the same as
            extras.pop(ALIGNMENT, None)
        if self.factors or ALIGNMENT in extras:
            words = follow(row.source, source, clean["source"])
            said = follow(row.targets[0], targets[0], clean["target"]) if targets and ALIGNMENT in extras else []
            if words is None or said is None:
                side = "source" if words is None else "target"
                what = f"cleaning leaves other words of the {side}, so that its annotations do not belong to them"
                return BadLine(file=row.file, line=row.line, what=what, text=row.source)
            for name in self.factors:
                values = values_of(_there(extras, name), name)
                extras[name] = " ".join(
                    value for value, number in zip(values, words, strict=True) for _ in range(number)
                )
            if ALIGNMENT in extras:
                sources, said_at = _ranges(words), _ranges(said)
                extras[ALIGNMENT] = [
                    (one, other)
                    for first, second in extras[ALIGNMENT]
                    for one in sources[first]
                    for other in said_at[second]
                ]
        for name, further in self.sources.items():
            extras[name] = clean[further.like](extras[name])
        return replace(row, source=source, targets=targets, extras=extras)


_Clean = Callable[[str], str]


def check_names(key: str, names: Iterable[str]) -> None:
    """A RecipeError where the parts of a source cannot be told apart by them."""
    for name in names:
        if not re.fullmatch(r"[A-Za-z]\w*", name) or name in _TAKEN:
            raise RecipeError(
                f"`{key}` must have names of letters, digits and _ that are none of "
                f"{', '.join(sorted(_TAKEN))}, but has {show(name)}. Rename it, and name its `column`."
            )


def values_of(value: object, name: str) -> list[str]:
    """The values of a factor: words of a text, or a list of them; ValueError where it is neither."""
    if isinstance(value, str):
        return value.split()
    if isinstance(value, Sequence) and all(isinstance(each, str) and len(each.split()) == 1 for each in value):
        return list(value)
    raise ValueError(f"`{name}` must be a text of values with spaces between them, but is {show(value)}")


def follow(before: str, after: str, clean: _Clean) -> list[int] | None:
    """How many words of a cleaned text each word of the text became; None where nobody can say."""
    words = before.split()
    if before != after:
        made = [clean(word).split() for word in words]
        if [word for some in made for word in some] == after.split():
            return list(map(len, made))
        if len(after.split()) != len(words):
            return None
    return [1] * len(words)


def stretch(row: Row, *, lead: int, start: int, end: int, factors: Iterable[str]) -> Row:
    """The row's first ``lead`` characters and those from ``start`` to ``end``, with the factors of their words."""
    text = row.source
    source = text[:lead] + text[start:end]
    words = [*_words_between(text, 0, lead)]
    if words and not text[lead - 1].isspace() and not text[start : start + 1].isspace():
        words.pop()  # it goes on in the word behind it
    words += _words_between(text, start, end)
    extras = dict(row.extras)
    for name in factors:
        values = values_of(_there(extras, name), name)
        extras[name] = " ".join(values[word] for word in words)
    return replace(row, source=source, extras=extras)


def _words_between(text: str, start: int, end: int) -> range:
    """The words, parted by white space, of which something stands there."""
    first = len(text[:start].split())
    inside = start > 0 and not text[start - 1].isspace() and not text[start : start + 1].isspace()
    return range(first - inside, len(text[:end].split()))


def _there(extras: Mapping[str, Any], name: str) -> Any:
    if name not in extras:
        raise ValueError(f"the column of `{name}` is missing")
    return extras[name]


def _aligned(value: object, num_source: int, num_target: int) -> list[tuple[int, int]]:
    """0-0 1-2 → pairs of words, counted from 0."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [(first, second) for first, second in value]  # read before
    if not isinstance(value, str):
        raise ValueError(f"the alignment must be pairs such as 0-0 1-2, but is {show(value)}")
    pairs = []
    for written in value.split():
        found = re.fullmatch(r"(\d+)-(\d+)", written)
        if found is None:
            raise ValueError(f"the alignment must be pairs such as 0-0 1-2, but has {show(written)}")
        first, second = int(found[1]), int(found[2])
        if first >= num_source or second >= num_target:
            raise ValueError(
                f"the alignment must stay within {num_source} words of the source and {num_target} of the target, "
                f"counted from 0, but has {written}"
            )
        pairs.append((first, second))
    return pairs


def _ranges(counts: Sequence[int]) -> list[range]:
    """Where each word's words are, one word's behind the other's."""
    ranges, start = [], 0
    for count in counts:
        ranges.append(range(start, start + count))
        start += count
    return ranges

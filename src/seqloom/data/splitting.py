"""A file of pairs as training, validation and test sets that have nothing in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.converting import Given, check_apart, rows_told, whole_rows
from seqloom.data.few_words import few_words
from seqloom.data.formats import format_of
from seqloom.data.nearness import NEAR, Signatures, pairs_within, signatures
from seqloom.data.opening import suffix_of
from seqloom.data.parallel import parts_of
from seqloom.data.rows import Row
from seqloom.data.spool import Spool, SpooledTexts
from seqloom.data.writing import Wanted, check_writable, write_rows

__all__ = ["Division", "split"]

_Numbers = NDArray[np.int64]
_FEWEST_TEXTS = 0.05
"""Share of texts that must differ on a side for rows to be told apart by it: labels are not."""
_SAME_FORMAT = (".tsv", ".csv", ".jsonl", ".parquet", ".tmx", ".xlf", ".po", ".conll")


@dataclass(frozen=True, kw_only=True)
class Division:
    """Who goes where."""

    valid: float = 0.05
    """A share below 1, or a number of rows."""
    test: float = 0.0
    by: str = ""
    """A column whose rows stay together: "document" where the format has documents."""
    near: float = NEAR
    """The similarity from which rows stay together; 1: only those that differ in case, digits and punctuation at most;
    0: any row may go anywhere."""
    sides: Literal["auto", "both", "source", "target"] = "auto"
    """Whose similarity counts. auto: both, but no targets that are labels or tags, which are alike in every set; and of
    sources in a few words, as commands are, only which are the same."""
    seed: int = 1

    def __post_init__(self) -> None:
        for name, size in (("--valid", self.valid), ("--test", self.test)):
            if size < 0 or (size > 1 and size != int(size)):
                raise RecipeError(f"`{name}` must be a share such as 0.05 or a number of rows, but is {size:g}.")
        if not 0 <= self.near <= 1:
            raise RecipeError(f"`--near` must be between 0 and 1, but is {self.near:g}.")


def split(given: Given, folder: Path, wanted: Wanted, division: Division, *, suffix: str = "") -> list[str]:
    """Write train, valid and test into the folder in the order of the rows; the lines that tell of it.

    ``suffix`` is the format, such as ".tsv"; "": that of the first file.
    """
    outs = _outs(given.files[0] if given.files else "", folder, suffix)
    wanted = replace(wanted, languages=wanted.languages or given.languages())
    if division.by and any(_is_table(file, division.by) for file in given.files):
        columns = replace(given.columns, extras={division.by: _column(division.by)})
        given = replace(given, columns=columns)
    for out in outs.values():
        check_apart(given.files, out)
    ledger = given.ledger(outs["train"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        spool = Spool(folder / ".rows.part")
    except OSError as error:
        raise DataError(
            f"{folder}: nothing can be written there ({error.strerror}). Choose another `--out`."
        ) from error
    try:
        for out in outs.values():
            check_writable(out, wanted)
        spool.extend(whole_rows(given.rows(ledger), ledger))
        sizes = _sizes(division, len(spool))
        groups, lines = _groups(spool, division)
        sides = _assigned(groups, sizes, division.seed)
        lines = [*ledger.lines(), *lines, *_moved(groups, sides, sizes, division.seed)]
        for number, (name, out) in enumerate(outs.items()):
            places = np.flatnonzero(sides == number).tolist()
            asked = sizes[number - 1] if number else 0
            if not places and not asked and number:
                continue
            count, lost = write_rows(out, (spool[place] for place in places), wanted)
            lines += [f"{rows_told(missed)} {what}" for what, missed in lost.items()]
            short = f", of {asked:,} asked: what is left stays together in larger groups" if count < asked else ""
            lines.append(f"{name}: {rows_told(count)} written to {out}{short}")
    finally:
        spool.close()
    return lines


def _is_table(file: str, by: str) -> bool:
    """Whether a further column must be asked for: what has names for everything hands out all that it has."""
    kind = format_of(file)
    if kind in ("conll", "conllu"):
        return by != "document"
    return kind is None and suffix_of(file) not in (".jsonl", ".ndjson", ".json")


def _column(name: str) -> int | str:
    return int(name) if name.isdigit() else name


def _outs(file: str, folder: Path, suffix: str) -> dict[str, str]:
    names = ("train", "valid", "test")
    parts = parts_of(file)
    if len(parts) > 1 and not suffix and not suffix_of(file).startswith(".sgm"):
        endings = [suffix_of(part) or f".{number}" for number, part in enumerate(parts, start=1)]
        if len(set(endings)) == len(endings):
            return {name: ",".join(f"{folder / name}{ending}" for ending in endings) for name in names}
    suffix = suffix or suffix_of(file)
    suffix = suffix if suffix in _SAME_FORMAT else ".tsv" if suffix in ("", ".txt", ".tab") else ".jsonl"
    return {name: f"{folder / name}{suffix}" for name in names}


def _sizes(division: Division, number: int) -> tuple[int, int]:
    """Rows of valid and of test."""
    valid, test = (round(size * number) if size < 1 else int(size) for size in (division.valid, division.test))
    if valid + test >= number:
        raise DataError(
            f"`--valid` and `--test` must leave something to learn from, but ask for {valid + test:,} "
            f"of {number:,} rows. Ask for fewer."
        )
    return valid, test


# ---- groups ----------------------------------------------------------------------------------------------------------


def _groups(spool: Spool, division: Division) -> tuple[_Numbers, list[str]]:
    """The number of each row's group, which is that of its first row; and what there is to say of them."""
    union = _Union(len(spool))
    lines = []
    if division.near:
        if division.sides != "target":
            texts = spool.sources
            few = few_words(texts) if division.sides == "auto" else 0
            if few:
                lines.append(f"sources belong together only where they are the same: {_told_few(few)}, as of commands")
            union.join_pairs(pairs_within(signatures(texts), texts, threshold=1.0 if few else division.near))
        if division.sides != "source":
            texts = spool.targets
            found = signatures(texts)
            if (coded := _coded(texts, found)) and division.sides == "auto":
                lines.append(f"targets are not compared: {coded}")
            else:
                union.join_pairs(texts.rows[pairs_within(found, texts, threshold=division.near)])
        groups = union.groups()
        lines.append(f"by their texts: {_told(groups)}")
    if division.by:
        number = union.join_values(_values(spool, division.by))
        lines.append(f"with the {number:,} values of `{division.by}`: {_told(union.groups())}")
    return union.groups(), lines


def _coded(texts: SpooledTexts, found: Signatures) -> str:
    """Why texts are alike in every set; "" where that says something."""
    if few := few_words(texts):
        return f"{_told_few(few)}, as of labels or tags"
    different = len(np.unique(found.folded))
    return f"there are only {different:,} different ones" if different < _FEWEST_TEXTS * len(texts) else ""


def _told_few(words: int) -> str:
    return f"they have no more than {words:,} different words"


def _values(spool: Iterable[Row], by: str) -> Iterable[str]:
    for row in spool:
        value = row.extras.get(by)
        if value is None or value == "":
            where = "a document" if by == "document" else f"a value of `{by}`"
            raise DataError(
                f"{row.file}:{row.line}: the row must have {where}, but has none. "
                "Name a column that every row has, or leave `--by` out."
            )
        yield str(value)


def _told(groups: _Numbers) -> str:
    _, sizes = np.unique(groups, return_counts=True)
    together = sizes[sizes > 1]
    if not len(together):
        return "no row belongs to another"
    groups_told = "1 group" if len(together) == 1 else f"{len(together):,} groups"
    largest = f"the largest has {int(together.max()):,}"
    return f"{int(together.sum()):,} rows belong to others, in {groups_told}; {largest}"


class _Union:
    """Which rows belong together (union–find with halved paths)."""

    def __init__(self, number: int) -> None:
        self._parent = list(range(number))

    def _root(self, index: int) -> int:
        parent = self._parent
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def _join(self, one: int, other: int) -> None:
        first, second = self._root(one), self._root(other)
        # The lower number leads, so that groups do not depend on the order of joining.
        if first != second:
            self._parent[max(first, second)] = min(first, second)

    def join_pairs(self, pairs: _Numbers) -> None:
        for one, other in pairs.tolist():
            self._join(one, other)

    def join_values(self, values: Iterable[str]) -> int:
        """Rows of the same value; how many values there are."""
        first: dict[str, int] = {}
        for index, value in enumerate(values):
            self._join(first.setdefault(value, index), index)
        return len(first)

    def groups(self) -> _Numbers:
        return np.array([self._root(index) for index in range(len(self._parent))], np.int64)


# ---- sides -----------------------------------------------------------------------------------------------------------


def _assigned(groups: _Numbers, sizes: Sequence[int], seed: int) -> NDArray[np.int8]:
    """0, 1 or 2 for each row: training, validation, test. Whole groups, in an order that the seed gives."""
    leaders, members, counts = np.unique(groups, return_inverse=True, return_counts=True)
    sides = np.zeros(len(leaders), np.int8)
    left = list(sizes)
    for place in _shuffled(len(leaders), seed).tolist():
        for number in range(len(left)):
            if counts[place] <= left[number]:
                sides[place] = number + 1
                left[number] -= int(counts[place])
                break
        if not any(left):
            break
    return sides[members]


def _moved(groups: _Numbers, sides: NDArray[np.int8], sizes: Sequence[int], seed: int) -> list[str]:
    """What a split of single rows would have let through."""
    alone = _assigned(np.arange(len(groups)), sizes, seed)
    _, members = np.unique(groups, return_inverse=True)
    trained = np.zeros(members.max(initial=0) + 1, bool)
    trained[members[alone == 0]] = True
    leaked = int(np.count_nonzero((alone > 0) & trained[members]))
    asked = sum(sizes)
    return [f"drawn row by row, {leaked:,} of {asked:,} held-out rows would have had their like in training"]


def _shuffled(number: int, seed: int) -> _Numbers:
    return np.random.Generator(np.random.PCG64(seed)).permutation(number)

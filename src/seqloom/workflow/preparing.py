"""From files to numbers on disk: read once, cleaned once, numbered once. What is there already is taken as it is.

data/cleaned.jsonl    the rows that are left after cleaning; gone when they are numbered
data/corpus-0/ …      each training file, numbered and memory-mapped
data/valid/           the validation pairs, numbered
data/valid.jsonl      the same as text, with all their references
data/report.json      what was read, what was dropped and why
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from shutil import rmtree
from typing import Any
from zlib import crc32

from seqloom.core.errors import DataError
from seqloom.core.files import read_json, write_json
from seqloom.data.cleaning import Cleaner
from seqloom.data.corpus import Corpus
from seqloom.data.ledger import Ledger
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.data.tokenizers import TextTokenizer
from seqloom.workflow.folder import build_numbering, sha256
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.rows import Pairs, rows_of

__all__ = ["Prepared", "open_data", "prepare_data"]

_MOST_HELD_OUT = 2000
_SLACK = 1.25


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Data that a run can begin with."""

    corpora: tuple[Corpus, ...]
    valid: Corpus | None
    valid_rows: tuple[Row, ...]
    report: Mapping[str, Any]
    """`lines` for people, `files` with their checksums."""

    @property
    def longest_source(self) -> int:
        """Tokens of the longest source that a model of this data is trusted with: a little more than it has seen."""
        return int(_SLACK * max(int(corpus.source_lengths.max()) for corpus in self.corpora))


def prepare_data(
    folder: Path, recipe: Recipe, *, train: Sequence[Pairs], valid: Sequence[Pairs]
) -> tuple[Prepared, Numbering]:
    """Read, clean and number everything into ``folder``, which is then complete or not there."""
    if not train:
        raise DataError("there is nothing to learn from. Name files with `--train`, or in the recipe's `data.train`.")
    beside = folder.with_name(folder.name + ".part")
    rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    lines: list[str] = []
    cleaned = [_clean(pairs, recipe, beside / f"cleaned-{n}.jsonl", lines) for n, pairs in enumerate(train)]
    for pairs, path in zip(train, cleaned, strict=True):
        if path.stat().st_size == 0:
            raise DataError(f"{_name(pairs)}: no pair is left to learn from. {'; '.join(lines)}.")
    valid_path = _valid_rows(beside, recipe, cleaned, valid, lines)
    numbering = _fit(recipe, cleaned)
    for number, path in enumerate(cleaned):
        count = _Counted(lines, f"{_name(train[number])}: ")
        numbered = _number(beside / f"corpus-{number}", _read(path), numbering, count)
        count.tell()
        if not numbered:
            raise DataError(
                f"{_name(train[number])}: no pair is left to learn from ({'; '.join(lines)}). "
                "Raise `data.max_source` and `data.max_target`, or look at `data.cleaning`."
            )
        path.unlink()
    if valid_path.stat().st_size:
        normalised = _normalised(_read(valid_path), recipe) if valid else _read(valid_path)
        count = _Counted(lines, "validation: ")
        _number(beside / "valid", normalised, numbering, count)
        count.tell()
    write_json(beside / "report.json", {"lines": lines, "files": _seen(train, valid)})
    beside.replace(folder)
    return open_data(folder), numbering


def open_data(folder: Path) -> Prepared:
    """What ``prepare_data`` left."""
    number, corpora = 0, []
    while (folder / f"corpus-{number}").is_dir():
        corpora.append(Corpus.open(folder / f"corpus-{number}"))
        number += 1
    if not corpora:
        raise DataError(f"{folder}: the numbered data is gone. Start the run anew in another folder.")
    return Prepared(
        corpora=tuple(corpora),
        valid=Corpus.open(folder / "valid") if (folder / "valid").is_dir() else None,
        valid_rows=tuple(_read(folder / "valid.jsonl")),
        report=read_json(folder / "report.json"),
    )


# ---- reading and cleaning ----------------------------------------------------------------------------------------


def _clean(pairs: Pairs, recipe: Recipe, path: Path, lines: list[str]) -> Path:
    side = path.parent.parent / f"bad-lines-{path.stem.rpartition('-')[2]}.jsonl"
    ledger = Ledger(on_bad_line=recipe.data.on_bad_line, side_file=side)
    rows = Cleaner(recipe.data.cleaning, ledger).rows(ledger.rows(rows_of(pairs, recipe)))
    _write(path, rows)
    lines += [f"{_name(pairs)}: {line}" for line in ledger.lines()]
    return path


def _valid_rows(
    folder: Path, recipe: Recipe, cleaned: Sequence[Path], valid: Sequence[Pairs], lines: list[str]
) -> Path:
    """The validation pairs as text: from their own files, or held out of the training pairs, which then lack them."""
    path = folder / "valid.jsonl"
    if valid:
        ledger = Ledger(on_bad_line=recipe.data.on_bad_line, side_file=folder.parent / "bad-lines-valid.jsonl")
        _write(path, (row for pairs in valid for row in ledger.rows(rows_of(pairs, recipe)) if _whole(row)))
        lines += [f"validation: {line}" for line in ledger.lines()]
        return path
    total = sum(map(_count, cleaned))
    share = min(recipe.data.held_out, _MOST_HELD_OUT / total)
    _write(path, (row for each in cleaned for row in _read(each) if _held_out(row, share)))
    for each in cleaned:
        rest = each.with_suffix(".rest")
        if _write(rest, (row for row in _read(each) if not _held_out(row, share))):
            rest.replace(each)
        else:  # so few pairs that one must serve for both
            rest.unlink()
    count = _count(path)
    lines.append(f"validation: {count:,} pairs held out of training" if count else "validation: none, too few pairs")
    return path


def _normalised(rows: Iterable[Row], recipe: Recipe) -> Iterator[Row]:
    """As a model reads them; what answers are compared with stays as it was written."""
    cleaner = Cleaner(recipe.data.cleaning, Ledger())
    for row in rows:
        yield replace(row, source=cleaner.source(row.source), targets=tuple(map(cleaner.target, row.targets)))


def _held_out(row: Row, share: float) -> bool:
    """By the source's own checksum, so that all rows of a source are on one side."""
    return crc32(row.source.encode()) / 2**32 < share


def _whole(row: Row) -> bool:
    return bool(row.source.strip() and row.targets and row.targets[0].strip())


def _write(path: Path, rows: Iterable[Row]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as opened:
        for row in rows:
            opened.write(json.dumps([row.source, *row.targets], ensure_ascii=False) + "\n")
            count += 1
    return count


def _count(path: Path) -> int:
    with path.open("rb") as opened:
        return sum(1 for _ in opened)


def _read(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="\n") as opened:
        for number, line in enumerate(opened, start=1):
            source, *targets = json.loads(line)
            yield Row(source=source, targets=tuple(targets), file=path.name, line=number)


# ---- numbering ---------------------------------------------------------------------------------------------------


def _fit(recipe: Recipe, cleaned: Sequence[Path]) -> Numbering:
    """The tokenizers, learnt from the training pairs alone."""
    data = recipe.data
    sources = (row.source for path in cleaned for row in _read(path))
    targets = (row.targets[0] for path in cleaned for row in _read(path))
    if data.joint:
        texts = (text for path in cleaned for row in _read(path) for text in (row.source, row.targets[0]))
        both: TextTokenizer = data.tokenizer.fit(texts, special_tokens=data.special_tokens)
        return build_numbering(recipe, both, both)
    source = data.tokenizer.fit(sources, special_tokens=data.special_tokens)
    target = (data.target_tokenizer or data.tokenizer).fit(targets, special_tokens=data.special_tokens)
    return build_numbering(recipe, source, target)


def _number(folder: Path, rows: Iterable[Row], numbering: Numbering, count: _Counted) -> bool:
    """Whether any pair was left to be written."""
    pairs = numbering.pairs(rows, count=count)
    first = next(pairs, None)
    if first is not None:
        source, target = numbering.source_vocabulary.size, numbering.target_vocabulary.size
        Corpus.write(folder, chain([first], pairs), source_size=source, target_size=target)
    return first is not None


class _Counted:
    """Counts that become lines for people."""

    def __init__(self, lines: list[str], before: str) -> None:
        self._lines = lines
        self._before = before
        self._counts: dict[str, int] = {}

    def __call__(self, what: str, number: int = 1) -> None:
        self._counts[what] = self._counts.get(what, 0) + number

    def tell(self) -> None:
        self._lines += [f"{self._before}{number:,} {what}" for what, number in self._counts.items()]


def _name(pairs: Pairs) -> str:
    return str(pairs) if isinstance(pairs, str | Path) else "the pairs given"


def _seen(train: Sequence[Pairs], valid: Sequence[Pairs]) -> list[dict[str, str]]:
    """Each file with its checksum, so that a model can be traced to its data."""
    found = []
    for role, given in (("train", train), ("valid", valid)):
        for pairs in given:
            if not isinstance(pairs, str | Path):
                continue
            names = [str(pairs)] if Path(pairs).exists() else str(pairs).split(",")
            paths = [Path(name) for name in names]
            found += [{"role": role, "file": str(path), "sha256": sha256(path)} for path in paths if path.is_file()]
    return found

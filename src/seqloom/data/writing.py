"""Rows as files that others read: lines, tables, objects, and what translators' programs exchange."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, Protocol

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.files import whole_file
from seqloom.core.wording import nearest
from seqloom.data.exchange import ConllWriter, PoWriter, TmxWriter, XliffWriter
from seqloom.data.opening import suffix_of
from seqloom.data.packing import kind_of, packed
from seqloom.data.parquet import ParquetWriter
from seqloom.data.rows import Row

__all__ = ["Wanted", "Writer", "check_writable", "opened_writer", "wanted_of", "write_rows"]

_SAMPLE = 1000
_BREAK = re.compile(r"\r\n|[\r\n\t]")
_TABLES = {".tsv": "TSV", ".txt": "TSV", ".tab": "TSV", ".csv": "CSV"}
_OBJECTS = (".jsonl", ".ndjson")
_NAMED = (".tmx", ".xlf", ".xliff")
_WRITABLE = (".tsv", ".csv", ".jsonl", ".parquet", ".tmx", ".xlf", ".po", ".conll")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a written file shall be, beyond its name."""

    languages: tuple[str, ...] | None = None
    """Of source and target, which TMX and XLIFF must say; of TMX also one for each of several targets."""
    extras: tuple[str, ...] = ()
    """Further columns of tables and Parquet, from ``Row.extras``; objects and exchange formats have them anyway."""


def wanted_of(languages: str | None, extras: str) -> Wanted:
    """As the command line says it: "en,de" and "document,id"."""
    both = languages.split(",") if languages else []
    if languages is not None and (len(both) < 2 or not all(both)):
        raise RecipeError(f"`--languages` must be two with a comma between them, such as en,de, but is {languages}.")
    columns = tuple(filter(None, extras.split(",")))
    return Wanted(languages=tuple(both) or None, extras=columns)


class Writer(Protocol):
    def write(self, row: Row) -> str | None:
        """What was lost in writing it, or why it was not written, for a count."""
        ...

    def close(self) -> None: ...


def check_writable(out: str, wanted: Wanted) -> None:
    """A DataError where nothing could be written under that name."""
    if len({Path(part).resolve() for part in _parts(out)}) < len(_parts(out)):
        raise DataError(f"{out}: one of these files is named twice. Name another for each.")
    for part in _parts(out):
        suffix = suffix_of(part)
        if not Path(part).parent.is_dir():
            raise DataError(f"{part}: there is no folder `{Path(part).parent}`. Make it first.")
        if Path(part).is_dir():
            raise DataError(f"{part} must be a file, but is a folder. Name a file in it.")
        if suffix in (".mo", ".gmo"):
            raise DataError(f"{part}: MO files are made by `msgfmt`. Write the PO file: `{Path(part).stem}.po`.")
        if suffix in (".sgm", ".sgml", ".xml", ".xlsx", ".ods", ".json", ".mqxliff", ".sdlxliff", ".conllu"):
            raise DataError(f"{part}: {suffix} is not written. Take one of {', '.join(_WRITABLE)} or `a.de,a.en`.")
        if suffix in _NAMED and wanted.languages is None:
            raise DataError(f"{part} must say its languages. Name them, such as `--languages en,de`.")
        if suffix in (".xlf", ".xliff", ".po") and len(wanted.languages or ()) > 2:
            raise DataError(f"{part} holds two languages. Name two in `--languages`, or write a `.tmx`.")
        if len(_parts(out)) > 1 and (suffix in _NAMED or suffix in (*_OBJECTS, ".csv", ".po", ".parquet", ".conll")):
            raise DataError(f"{out}: parallel files must be lines of text. Name one file, or others: `a.de,a.en`.")
        if len(_parts(out)) == 1 and suffix not in (*_TABLES, *_NAMED, *_OBJECTS, ".po", ".parquet", ".conll"):
            guess = nearest(suffix, _WRITABLE)
            raise DataError(
                f"{part} must end in one of {', '.join(_WRITABLE)}, or name two files: `a.de,a.en`."
                + (f" Did you mean `{guess}`?" if guess else "")
            )


def write_rows(out: str, rows: Iterator[Row], wanted: Wanted) -> tuple[int, Mapping[str, int]]:
    """How many rows were written, and what was lost in how many. The file is whole or as it was before."""
    first = list(islice(rows, _SAMPLE))
    references = max((len(row.targets) for row in first), default=1)
    lost: dict[str, int] = {}
    beside: dict[str, None] = {}
    untold = number = 0
    with opened_writer(out, wanted, references=references) as writer:
        for row in chain(first, rows):
            what = writer.write(row)
            if what is not None:
                lost[what] = lost.get(what, 0) + 1
            number += what is None or not what.startswith("left out")
            if more := row.extras.keys() - wanted.extras:
                beside.update(dict.fromkeys(name for name in row.extras if name in more))
                untold += 1
    if untold and suffix_of(out) in (*_TABLES, ".parquet"):
        names = ",".join(beside)
        lost[f"with {names.replace(',', ', ')} beside them, which `--with {names}` would write"] = untold
    return number, lost


@contextmanager
def opened_writer(out: str, wanted: Wanted, *, references: int) -> Iterator[Writer]:
    """What writes to that name; ``references`` is how many a row may have. Whole when it is left without an error."""
    check_writable(out, wanted)
    with ExitStack() as opened:
        files = [opened.enter_context(_opened(Path(part))) for part in _parts(out)]
        writer = _writer(out, files, wanted, references)
        yield writer
        writer.close()


def _parts(out: str) -> list[str]:
    return [part for part in out.split(",") if part]


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """A file that is packed as its name says."""
    with whole_file(path) as raw, packed(raw, kind_of(path.name)) as opened:
        yield opened


def _writer(out: str, files: Sequence[IO[bytes]], wanted: Wanted, references: int) -> Writer:
    suffix = suffix_of(out)
    if len(files) > 1:
        return _LinesWriter(out, files)
    if suffix in _TABLES:
        make = _tsv if _TABLES[suffix] == "TSV" else _csv
        return make(out, files[0], wanted)
    if suffix in _OBJECTS:
        return _ObjectsWriter(files[0])
    if suffix == ".parquet":
        return _ArrowWriter(files[0], wanted.extras, lists=references > 1)
    if suffix == ".conll":
        return ConllWriter(files[0])
    if suffix == ".po":
        return PoWriter(out, files[0], wanted.languages)
    assert wanted.languages is not None
    return (TmxWriter if suffix == ".tmx" else XliffWriter)(out, files[0], wanted.languages)


# ---- lines and tables ------------------------------------------------------------------------------------------------


_BROKEN = "with line breaks or TABs, which became spaces"


def _one_target(row: Row, out: str) -> str:
    """The target; a DataError where there are several."""
    if len(row.targets) > 1:
        raise DataError(
            f"{row.file}:{row.line}: a row with {len(row.targets)} references cannot be written to {out}. "
            "Write .jsonl or .parquet, or choose one of them in `data.target_columns`."
        )
    return row.targets[0] if row.targets else ""


def _flat(text: str) -> str:
    return _BREAK.sub(" ", text)


@dataclass
class _TableWriter:
    """A record a line; its columns by a function that writes them."""

    out: str
    extras: tuple[str, ...]
    put: Callable[[list[str]], str | None]
    flush: Callable[[], None]

    def write(self, row: Row) -> str | None:
        cells = [row.source, _one_target(row, self.out), *(str(row.extras.get(name, "")) for name in self.extras)]
        return self.put(cells)

    def close(self) -> None:
        self.flush()


def _tsv(out: str, opened: IO[bytes], wanted: Wanted) -> Writer:
    """Two columns need no names; with further ones there is a first line."""

    def put(cells: list[str]) -> str | None:
        flat = [_flat(cell) for cell in cells]
        opened.write(("\t".join(flat) + "\n").encode())
        return None if flat == cells else _BROKEN

    if wanted.extras:
        put(["source", "target", *wanted.extras])
    return _TableWriter(out, wanted.extras, put, lambda: None)


def _csv(out: str, opened: IO[bytes], wanted: Wanted) -> Writer:
    text = io.TextIOWrapper(opened, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\n")
    quoting = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def close() -> None:
        text.flush()
        text.detach()

    writer.writerow(["source", "target", *wanted.extras])

    def put(cells: list[str]) -> None:
        # A CR alone would end the line for many a program, and is quoted by none of itself.
        (quoting if any("\r" in cell for cell in cells) else writer).writerow(cells)

    return _TableWriter(out, wanted.extras, put, close)


@dataclass
class _LinesWriter:
    """The source in the first file, a reference in each of the others."""

    out: str
    files: Sequence[IO[bytes]]

    def write(self, row: Row) -> str | None:
        texts = [row.source, *row.targets]
        if len(texts) != len(self.files):
            raise DataError(
                f"{row.file}:{row.line}: a row with {len(row.targets)} references must have as many files after the "
                f"source's, but {self.out} names {len(self.files) - 1}. Write .jsonl, or choose one in "
                "`data.target_columns`."
            )
        flat = [_flat(text) for text in texts]
        for opened, text in zip(self.files, flat, strict=True):
            opened.write(f"{text}\n".encode())
        return None if flat == texts else _BROKEN

    def close(self) -> None:
        pass


# ---- objects ---------------------------------------------------------------------------------------------------------


@dataclass
class _ObjectsWriter:
    opened: IO[bytes]

    def write(self, row: Row) -> None:
        target = row.targets[0] if len(row.targets) == 1 else list(row.targets)
        said = {"source": row.source, "target": target, **row.extras}
        self.opened.write((json.dumps(said, ensure_ascii=False, default=str) + "\n").encode())

    def close(self) -> None:
        pass


@dataclass
class _ArrowWriter:
    opened: IO[bytes]
    extras: tuple[str, ...]
    lists: bool
    _writer: ParquetWriter = field(init=False)

    def __post_init__(self) -> None:
        self._writer = ParquetWriter(self.opened, ("source", "target", *self.extras), lists=self.lists)

    def write(self, row: Row) -> None:
        target = list(row.targets) if self.lists else _one_target(row, "a column of single texts")
        more = {name: None if name not in row.extras else str(row.extras[name]) for name in self.extras}
        self._writer.write({"source": row.source, "target": target, **more})

    def close(self) -> None:
        self._writer.close()

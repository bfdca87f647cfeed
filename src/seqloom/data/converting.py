"""From files of pairs to one of another format, or a clean one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from seqloom.core import settings
from seqloom.core.errors import DataError
from seqloom.data.cleaning import Cleaner, CleaningSettings
from seqloom.data.columns import Columns
from seqloom.data.formats import languages_in
from seqloom.data.ledger import Ledger, OnBadLine
from seqloom.data.opening import STANDARD_INPUT, suffix_of
from seqloom.data.parallel import parts_of
from seqloom.data.readers import read_rows
from seqloom.data.rows import Row
from seqloom.data.scripts import ScriptFilter
from seqloom.data.writing import Wanted, check_writable, opened_writer, write_rows

__all__ = [
    "CLEANING",
    "Given",
    "check_apart",
    "clean",
    "cleaning_of",
    "convert",
    "files_and_out",
    "reading_of",
    "rows_told",
    "whole_rows",
]

CLEANING = CleaningSettings(
    control=True, spaces="collapse", max_length=250, max_ratio=9.0, identical="drop", duplicates="drop"
)
"""What `seqloom data clean` does unless it is told otherwise."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_UNTRANSLATED = (".po", ".xlf", ".xliff")
"""What may hold a source whose target is still to come."""


@dataclass(frozen=True, kw_only=True)
class ReadingSettings:
    """What a recipe's `data` says of reading."""

    source_columns: tuple[int | str, ...] = ()
    target_columns: tuple[int | str, ...] = ()
    encoding: str = "utf-8"
    on_bad_line: OnBadLine = "stop"

    def given(self, files: Sequence[str]) -> Given:
        columns = Columns(source=self.source_columns, target=self.target_columns)
        return Given(files=tuple(files), columns=columns, encoding=self.encoding, on_bad_line=self.on_bad_line)


@dataclass(frozen=True, kw_only=True)
class CleanSettings(ReadingSettings):
    """What it says of cleaning too."""

    cleaning: CleaningSettings = CLEANING


@dataclass(frozen=True, kw_only=True)
class _Reading:
    data: ReadingSettings


@dataclass(frozen=True, kw_only=True)
class _Clean:
    data: CleanSettings


def reading_of(overrides: Sequence[str]) -> ReadingSettings:
    """What `--set data.…` says of reading alone."""
    data = settings.override({"data": {}}, overrides)
    return settings.parse(_Reading, data, where="--set").data


def cleaning_of(overrides: Sequence[str]) -> CleanSettings:
    """What it says of reading and cleaning; the rest is as ``CLEANING`` has it."""
    data = settings.override({"data": {"cleaning": settings.to_data(CLEANING)}}, overrides)
    return settings.parse(_Clean, data, where="--set").data


@dataclass(frozen=True, kw_only=True)
class Given:
    """Files, and how they are read: the same words as in a recipe's `data`."""

    files: tuple[str, ...]
    columns: Columns = Columns()
    encoding: str = "utf-8"
    on_bad_line: OnBadLine = "stop"

    def rows(self, ledger: Ledger) -> Iterator[Row]:
        """All rows of all files in order."""
        if not self.files:
            raise DataError("name at least one file of pairs to read.")
        for file in self.files:
            yield from ledger.rows(read_rows(file, encoding=self.encoding, columns=self.columns))

    def ledger(self, out: str) -> Ledger:
        """Bad lines that are kept stand beside what is written."""
        return Ledger(on_bad_line=self.on_bad_line, side_file=Path(f"{parts_of(out)[0]}.bad-lines.jsonl"))

    def languages(self) -> tuple[str, ...] | None:
        """What its rows are in, as far as files or the names that were asked for say it."""
        for file in self.files:
            if file != STANDARD_INPUT and (found := languages_in(file, columns=self.columns)):
                return found
        asked = [str(columns[0]) for columns in (self.columns.source, self.columns.target) if columns]
        for names in (asked, self._endings()):
            if len(set(names)) == len(names) > 1 and all(_LANGUAGE.fullmatch(name) for name in names):
                return tuple(names)
        return None

    def _endings(self) -> list[str]:
        """Of parallel files those that are read, the source first."""
        endings = [suffix_of(part)[1:] for part in parts_of(self.files[0])] if self.files else []
        numbers = range(1, len(endings) + 1)
        source = self.columns.source[0] if self.columns.source else 1
        targets = self.columns.target[:1] or tuple(number for number in numbers if number != source)
        return [endings[number - 1] for number in (source, *targets) if isinstance(number, int) and number in numbers]


def files_and_out(names: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """What is read, and last what is written."""
    if len(names) < 2:
        raise DataError("name at least two files: those to read, and last the one to write.")
    return tuple(names[:-1]), names[-1]


def convert(given: Given, out: str, wanted: Wanted) -> list[str]:
    """Write the rows as they are; the lines that tell of it. A row without a source is none, and one without a target
    is one only where a translator may still write it."""
    wanted = _with_languages(given, wanted)
    check_apart(given.files, out)
    check_writable(out, wanted)
    ledger = given.ledger(out)
    open_ends = suffix_of(out) in _UNTRANSLATED
    rows = whole_rows(given.rows(ledger), ledger, open_ends=open_ends)
    number, lost = write_rows(out, rows, wanted)
    return [*ledger.lines(), *_told(lost), _written(number, out)]


def clean(
    given: Given,
    out: str,
    wanted: Wanted,
    *,
    cleaning: CleaningSettings = CLEANING,
    scripts: ScriptFilter = ScriptFilter(),  # noqa: B008
    dropped: str | None = None,
) -> list[str]:
    """Write what cleaning leaves, and to ``dropped`` the rows that it does not, as they were, each with its reason."""
    wanted = _with_languages(given, wanted)
    for each in (out, *([dropped] if dropped else [])):
        check_apart(given.files, each)
        check_writable(each, wanted)
    if dropped == out:
        raise DataError(f"{out} must not be both what is kept and what is dropped. Name another file in `--dropped`.")
    ledger = given.ledger(out)
    cleaner = Cleaner(cleaning, ledger)

    def refuse(row: Row) -> str | None:
        # Of the first target the cleaner says it; here each must do, for all of them are written.
        found = (cleaner.reason(row.source, target) for target in row.targets[1:])
        return scripts.reason(row) or next(filter(None, found), None)

    with ExitStack() as opened:
        drop = opened.enter_context(_Dropped(dropped, wanted)) if dropped else None
        rows = cleaner.rows(given.rows(ledger), refuse=refuse, dropped=drop)
        number, lost = write_rows(out, rows, wanted)
    lines = [*ledger.lines(), *_told(lost), _written(number, out)]
    if dropped:
        count = sum(number for what, number in ledger.counts.items() if what.startswith("dropped: "))
        lines.append(_written(count, dropped))
    return lines


class _Dropped:
    """What is dropped, on its way to a file of its own while another is written."""

    def __init__(self, out: str, wanted: Wanted) -> None:
        self._out = out
        self._wanted = replace(wanted, extras=("reason", "file", "line"))
        self._stack = ExitStack()

    def __enter__(self) -> Callable[[Row, str], None]:
        writer = self._stack.enter_context(opened_writer(self._out, self._wanted, references=2))
        kept = set(self._wanted.extras)

        def drop(row: Row, reason: str) -> None:
            beside = {name: value for name, value in row.extras.items() if name not in kept}
            writer.write(replace(row, extras={"reason": reason, "file": row.file, "line": row.line, **beside}))

        return drop

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]


def _with_languages(given: Given, wanted: Wanted) -> Wanted:
    return wanted if wanted.languages else replace(wanted, languages=given.languages())


def check_apart(files: Iterable[str], out: str) -> None:
    """A DataError where a file would be written over while it is read."""
    read = {Path(part).resolve() for file in files for part in parts_of(file)}
    for part in parts_of(out):
        if Path(part).resolve() in read:
            raise DataError(f"{part} must not be both read and written. Name another file.")


def whole_rows(rows: Iterable[Row], ledger: Ledger, *, open_ends: bool = False) -> Iterator[Row]:
    """Those with a source and, unless it may still come, a target; the ledger counts the others."""
    for row in rows:
        if not row.source.strip():
            ledger.count("left out: no source")
        elif not open_ends and not (row.targets and row.targets[0].strip()):
            ledger.count("left out: no target")
        else:
            yield row


def _told(lost: Mapping[str, int]) -> Sequence[str]:
    return [f"{rows_told(number)} {what}" for what, number in lost.items()]


def _written(number: int, out: str) -> str:
    return f"{out}: {rows_told(number)} written"


def rows_told(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"

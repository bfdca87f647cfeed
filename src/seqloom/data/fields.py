"""Records whose parts have names, as the languages of a translation memory: which are source and target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from seqloom.core.errors import DataError
from seqloom.core.wording import nearest
from seqloom.data.columns import Columns
from seqloom.data.rows import BadLine, Row

__all__ = ["Record", "canonical", "languages_of", "read_fields", "read_languages"]

_SAMPLE = 1000
_SHOWN = 8
_EXAMPLE = "`data.source_columns = [{}]` and `data.target_columns = [{}]`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing of a file, with whatever is said of it."""

    values: Mapping[str, tuple[str, ...]]
    """By name; several are as good as each other. Languages are written small, with hyphens."""
    line: int
    origin: str = ""
    """The name of what the file itself takes for the source."""
    extras: Mapping[str, str] = field(default_factory=dict)
    left_out: str = ""
    """Why its target does not count yet: "marked as fuzzy"."""


def canonical(language: str) -> str:
    return language.strip().replace("_", "-").lower()


# ---- names that are known --------------------------------------------------------------------------------------------


def read_fields(
    records: Iterable[Record | BadLine],
    *,
    file: str,
    columns: Columns,
    sources_only: bool,
    names: Sequence[str],
    usual: tuple[str, str],
) -> Iterator[Row | BadLine]:
    """Rows of a format that has just these ``names``, of which the ``usual`` two are source and target."""
    source = [_known(name, names, usual, "source", file) for name in columns.source or usual[:1]]
    target = [_known(name, names, usual, "target", file) for name in columns.target or usual[1:]]
    return _rows(records, source, target, file=file, columns=columns, sources_only=sources_only)


def _known(name: int | str, names: Sequence[str], usual: tuple[str, str], side: str, file: str) -> str:
    if name == side:
        return usual[side == "target"]
    if isinstance(name, str) and name in names:
        return name
    guess = nearest(name, names)
    advice = f"Did you mean `{guess}`?" if guess else f"Name one of them in `data.{side}_columns`."
    raise DataError(f"{file}: it has no `{name}`; there are {_listed(names)}. {advice}")


# ---- languages -------------------------------------------------------------------------------------------------------


def read_languages(
    records: Iterator[Record | BadLine], *, file: str, columns: Columns, sources_only: bool
) -> Iterator[Row | BadLine]:
    """Rows of a format whose names are languages, known from its first records; others are named `de:…`."""
    sample = list(islice(records, _SAMPLE))
    known = [record for record in sample if isinstance(record, Record)]
    if sample and not known:
        return iter(sample)  # type: ignore[arg-type]
    source, target = _Choice(file, known).pair(columns, sources_only=sources_only)
    return _rows(chain(sample, records), source, target, file=file, columns=columns, sources_only=sources_only)


def languages_of(records: Iterator[Record | BadLine], *, file: str, columns: Columns) -> tuple[str, str]:
    """What ``read_languages`` takes for source and target."""
    known = [record for record in islice(records, _SAMPLE) if isinstance(record, Record)]
    source, target = _Choice(file, known).pair(columns, sources_only=False)
    return source[0].partition(":")[0], target[0].partition(":")[0]


class _Choice:
    """Which languages of a file are meant."""

    def __init__(self, file: str, records: Sequence[Record]) -> None:
        self.file = file
        self.records = records
        self.names = Counter(name for record in records for name in record.values)
        self.languages = [name for name in self.names if ":" not in name]
        origins = Counter(record.origin for record in records if record.origin in self.names)
        self.origin = next(iter(origins)) if len(origins) == 1 else ""

    def pair(self, columns: Columns, *, sources_only: bool) -> tuple[list[str], list[str]]:
        source = [self._found(name, "source") for name in columns.source if name != "source"]
        target = [
            name
            for name in (self._found(each, "target", sources_only) for each in columns.target if each != "target")
            if name
        ]
        if not source:
            left = [name for name in self.languages if name not in target]
            source = [self.origin] if self.origin in left else left if len(left) == 1 else []
            if not source and len(left) == 2 and not self.origin and not target:
                source = left[:1]
        if not target and source:
            left = [name for name in self.languages if name not in source]
            target = left if len(left) == 1 else []
        if not source or (not target and not sources_only):
            raise DataError(self._unclear(columns))
        whole = len(self.records) < _SAMPLE  # beyond the sample there may be more
        if whole and not sources_only and not any(_has(each, source) and _has(each, target) for each in self.records):
            raise DataError(
                f"{self.file}: nothing in it is in both {_listed(source)} and {_listed(target)}. {self._pairs()}"
            )
        return source, target

    def _found(self, name: int | str, side: str, optional: bool = False) -> str:
        wanted = canonical(str(name))
        if str(name) in self.names:
            return str(name)
        if wanted in self.names:
            return wanted
        dialects = [each for each in self.languages if each.partition("-")[0] == wanted]
        if len(dialects) == 1:
            return dialects[0]
        if dialects:
            raise DataError(f"{self.file}: `{name}` may be {_listed(dialects)}. Name one in `data.{side}_columns`.")
        if optional:
            return ""
        raise DataError(f"{self.file} has no language `{name}`. {self._pairs()} Change `data.{side}_columns`.")

    def _unclear(self, columns: Columns) -> str:
        if len(self.languages) < 2:
            what = f"only {_listed(self.languages)}" if self.languages else "no text at all"
            return f"{self.file} must have two languages, but has {what}."
        example = _EXAMPLE.format(*(f'"{name}"' for name in (self.origin or self.languages[0], self._other())))
        number = len(self.languages)
        return f"{self.file} has {number} languages: say which to read, for example {example}. {self._pairs()}"

    def _other(self) -> str:
        return next(name for name in self.languages if name != (self.origin or self.languages[0]))

    def _pairs(self) -> str:
        """Which pairs there are, those from the file's own source first."""
        found: Counter[tuple[str, str]] = Counter()
        for record in self.records:
            said = sorted(
                (name for name in record.values if ":" not in name),
                key=lambda name: (name != record.origin, self.languages.index(name)),
            )
            found.update((one, other) for place, one in enumerate(said) for other in said[place + 1 :])
        if not found:
            return f"There is {_listed(self.languages)} alone." if self.languages else "There is none."
        listed = ", ".join(f"{one}–{other} ({number:,})" for (one, other), number in found.most_common(_SHOWN))
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        among = f" among the first {_SAMPLE:,} units" if len(self.records) == _SAMPLE else ""
        return f"Its pairs{among}: {listed}{more}."


# ---- rows ------------------------------------------------------------------------------------------------------------


def _rows(
    records: Iterable[Record | BadLine],
    source: Sequence[str],
    target: Sequence[str],
    *,
    file: str,
    columns: Columns,
    sources_only: bool,
) -> Iterator[Row | BadLine]:
    further = {name: str(column) for name, column in columns.extras.items()}
    for record in records:
        if isinstance(record, BadLine):
            yield record
            continue
        values = record.values
        if record.left_out and not sources_only:
            text = "\t".join(_said(values, source))
            yield BadLine(file=file, line=record.line, what=record.left_out, text=text, left_out=True)
            continue
        extras: dict[str, str] = dict(record.extras)
        for name, column in further.items():
            if column in values:
                extras[name] = values[column][0]
            elif column in extras:
                extras[name] = extras[column]
        if len(target) == 1:
            targets = values.get(target[0], ())
        else:
            targets = ("\t".join(_said(values, target)),) if target and _has(record, target) else ()
        if not targets and not sources_only:
            targets = ("",)
        yield Row(source="\t".join(_said(values, source)), targets=targets, extras=extras, file=file, line=record.line)


def _said(values: Mapping[str, tuple[str, ...]], names: Sequence[str]) -> list[str]:
    return [next(iter(values.get(name, ())), "") for name in names]


def _has(record: Record, names: Sequence[str]) -> bool:
    return all(any(record.values.get(name, ())) for name in names)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)

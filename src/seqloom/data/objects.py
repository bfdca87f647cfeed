"""Objects: rows from JSON lines and from dictionaries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import Protocol

from seqloom.core.errors import DataError
from seqloom.core.series import SeriesError, frames_of, write_series
from seqloom.core.wording import nearest, show
from seqloom.data.columns import Columns
from seqloom.data.rows import BadLine, Row

__all__ = [
    "ObjectReader",
    "Reads",
    "UnreadableError",
    "as_list",
    "as_series",
    "as_text",
    "one_series",
    "read_jsonl",
    "read_objects",
    "references",
]


class UnreadableError(ValueError):
    """Why an object is no row."""


class ObjectReader:
    """Finds source and target in objects with the keys "source" and "target", or those that the columns name.

    A target may be a list of several references. Where the keys are not in the object itself, they are sought below
    "translation", where collections of parallel text have their languages. All other keys are the row's ``extras``.
    """

    def __init__(self, columns: Columns, *, file: str, sources_only: bool) -> None:
        self.file = file
        self.sources_only = sources_only
        self.source = _keys(columns.source or ("source",), "source", file)
        self.target = _keys(columns.target or ("target",), "target", file)
        self.extras = {
            # A column that a table has by its number has its own name here.
            name: column if isinstance(column, str) else name
            for name, column in columns.extras.items()
        }
        self._listed = columns.listed
        self._used = {*self.source, *self.target, *([columns.listed] if columns.listed else [])}
        self._source_text = as_series if "source" in columns.numbers else as_list if columns.listed else as_text
        self._target_texts = one_series if "target" in columns.numbers else references

    def row(self, found: Mapping[object, object], line: int) -> Row:
        nested = found.get("translation")
        if self.source[0] not in found and isinstance(nested, Mapping):
            found = {**found, **nested}
            del found["translation"]
        extras = {key: value for key, value in found.items() if isinstance(key, str) and key not in self._used}
        for name, key in self.extras.items():
            if key in found or not self.sources_only:
                extras[name] = _value(found, key)
        keys = (self._listed,) if self._listed in found and self.source[0] not in found else self.source
        source = "\t".join(self._source_text(_value(found, key), key) for key in keys)
        complete = self.sources_only or (bool(self._listed) and not isinstance(found[keys[0]], str))
        if complete and any(key not in found for key in self.target):
            return Row(source=source, extras=extras, file=self.file, line=line)
        if len(self.target) > 1:
            targets: tuple[str, ...] = ("\t".join(as_text(_value(found, key), key) for key in self.target),)
        else:
            targets = self._target_texts(_value(found, self.target[0]), self.target[0])
        return Row(source=source, targets=targets, extras=extras, file=self.file, line=line)


class Reads(Protocol):
    """Makes a row of an object; an UnreadableError where it is none."""

    def row(self, found: Mapping[object, object], line: int) -> Row: ...


def read_jsonl(
    lines: Iterable[str | BadLine], *, file: str, columns: Columns, sources_only: bool
) -> Iterator[Row | BadLine]:
    """An object a line."""
    reader = ObjectReader(columns, file=file, sources_only=sources_only)
    return read_objects(lines, reader, file=file, empty=Row(source="", targets=() if sources_only else ("",)))


def read_objects(lines: Iterable[str | BadLine], reader: Reads, *, file: str, empty: Row) -> Iterator[Row | BadLine]:
    """Rows as the reader makes them; a blank line is ``empty``."""
    for number, line in enumerate(lines, start=1):
        if isinstance(line, BadLine):
            yield line
            continue
        if not line or line.isspace():
            yield replace(empty, file=file, line=number)
            continue
        try:
            found = json.loads(line)
            if isinstance(found, Mapping):
                yield reader.row(found, number)
                continue
            if number == 1 and line.lstrip().startswith("["):
                raise _an_array(file)
            what = f"expected a JSON object, found {show(found)}"
        except UnreadableError as error:
            what = str(error)
        except (ValueError, RecursionError) as error:
            if number == 1 and line.lstrip().startswith(("[{", "[ {")):
                raise _an_array(file) from error
            if number == 1 and line.strip() in ("[", "{"):
                raise DataError(f"{file} must have a JSON object a line, but has one over several lines.") from error
            what = (
                f"not valid JSON ({error.msg} at column {error.colno})"
                if isinstance(error, json.JSONDecodeError)
                else "not valid JSON"
            )
        yield BadLine(file=file, line=number, what=what, text=line)


def _an_array(file: str) -> DataError:
    return DataError(f"{file} must have a JSON object a line, but begins an array. Write its items as lines.")


def as_text(value: object, key: str) -> str:
    """The value as text that can be written; UnreadableError where it is none."""
    if not isinstance(value, str):
        missing = value is None or (isinstance(value, float) and isnan(value))
        shown = "nothing" if missing else show(value)
        raise UnreadableError(f"`{key}` must be text, but is {shown}")
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            code = ord(value[error.start])
            raise UnreadableError(
                f"`{key}` holds half a character (U+{code:04X} at column {error.start + 1})"
            ) from None
    if "\0" in value:
        raise UnreadableError(f"`{key}` holds a NUL character")
    # Not the subclass that an array hands out: its text is kept, not the array.
    return value if type(value) is str else str(value)


def as_list(value: object, key: str) -> str:
    """Texts, or objects that have theirs as `text` or `content`, parted by TABs; a text may be parted already."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return as_text(value, key)
    texts = []
    for each in value:
        if isinstance(each, Mapping):
            each = each.get("text", each.get("content"))
        texts.append(" ".join(as_text(each, key).split()))
    return "\t".join(texts)


def as_series(value: object, key: str) -> str:
    """A list of numbers, or of lists of them, as the text that a series travels as; a text may be one already."""
    if isinstance(value, str):
        return as_text(value, key)
    try:
        frames = frames_of(value)
        return write_series(frames) if frames else ""
    except SeriesError as error:
        raise UnreadableError(f"`{key}` is no series of numbers: {error}") from None


def one_series(value: object, key: str) -> tuple[str, ...]:
    """The one target that a series has: a list of lists is channels, not references."""
    return (as_series(value, key),)


def references(value: object, key: str) -> tuple[str, ...]:
    """One target or several; as SQuAD has them, beside where they stand, and none where nothing is right to say."""
    if isinstance(value, Mapping) and isinstance(value.get("text"), Sequence):
        value = value["text"] or ""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        if not value:
            raise UnreadableError(f"`{key}` must have at least one reference, but is []")
        return tuple(as_text(each, key) for each in value)
    return (as_text(value, key),)


def _keys(columns: tuple[int | str, ...], side: str, file: str) -> tuple[str, ...]:
    keys = tuple(column for column in columns if isinstance(column, str))
    if len(keys) < len(columns):
        raise DataError(
            f"{file}: `data.{side}_columns` must be keys of its objects, but is {show(list(columns))}. "
            f'Name them, for example `data.{side}_columns = ["{side}"]`.'
        )
    return keys


def _value(found: Mapping[object, object], key: str) -> object:
    try:
        return found[key]
    except KeyError:
        keys = [str(each) for each in found]
        guess = nearest(key, keys)
        advice = f"; did you mean `{guess}`" if guess else ""
        if not guess and key in ("source", "target") and not {"source", "target"} & set(keys):
            advice = "; name those to read in `data.source_columns` and `data.target_columns`"
        raise UnreadableError(f"the key `{key}` is missing among {show(keys)}{advice}") from None

"""Objects: rows from JSON lines and from dictionaries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan

from seqloom.core.errors import DataError
from seqloom.core.wording import nearest, show
from seqloom.data.columns import Columns
from seqloom.data.rows import BadLine, Row

__all__ = ["ObjectReader", "UnreadableError", "as_text", "read_jsonl"]


class UnreadableError(ValueError):
    """Why an object is no row."""


class ObjectReader:
    """Finds source and target in objects with the keys "source" and "target", or those that the columns name.

    A target may be a list of several references. Where the keys are not in the object itself, they are sought below
    "translation", where collections of parallel text have their languages.
    """

    def __init__(self, columns: Columns, *, file: str, sources_only: bool) -> None:
        self.file = file
        self.sources_only = sources_only
        self.source = _keys(columns.source or ("source",), "source", file)
        self.target = _keys(columns.target or ("target",), "target", file)

    def row(self, found: Mapping[object, object], line: int) -> Row:
        nested = found.get("translation")
        if self.source[0] not in found and isinstance(nested, Mapping):
            found = nested
        source = "\t".join(as_text(_value(found, key), key) for key in self.source)
        if self.sources_only and any(key not in found for key in self.target):
            return Row(source=source, file=self.file, line=line)
        if len(self.target) > 1:
            targets: tuple[str, ...] = ("\t".join(as_text(_value(found, key), key) for key in self.target),)
        else:
            targets = references(_value(found, self.target[0]), self.target[0])
        return Row(source=source, targets=targets, file=self.file, line=line)


def read_jsonl(
    lines: Iterable[str | BadLine], *, file: str, columns: Columns, sources_only: bool
) -> Iterator[Row | BadLine]:
    """An object a line."""
    reader = ObjectReader(columns, file=file, sources_only=sources_only)
    for number, line in enumerate(lines, start=1):
        if isinstance(line, BadLine):
            yield line
            continue
        if not line or line.isspace():
            yield Row(source="", targets=() if sources_only else ("",), file=file, line=number)
            continue
        try:
            found = json.loads(line)
            if isinstance(found, Mapping):
                yield reader.row(found, number)
                continue
            if number == 1 and line.lstrip().startswith("["):
                raise DataError(
                    f"{file} must have a JSON object a line, but begins an array. Write its items as lines."
                )
            what = f"expected a JSON object, found {show(found)}"
        except UnreadableError as error:
            what = str(error)
        except (ValueError, RecursionError) as error:
            if number == 1 and line.strip() in ("[", "{"):
                raise DataError(f"{file} must have a JSON object a line, but has one over several lines.") from error
            what = (
                f"not valid JSON ({error.msg} at column {error.colno})"
                if isinstance(error, json.JSONDecodeError)
                else "not valid JSON"
            )
        yield BadLine(file=file, line=number, what=what, text=line)


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


def references(value: object, key: str) -> tuple[str, ...]:
    """One target or several."""
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
        raise UnreadableError(f"the key `{key}` is missing among {show(keys)}{advice}") from None

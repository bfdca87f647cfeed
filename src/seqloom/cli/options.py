"""Options that several commands share."""

import gc
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, TypeAlias

from cyclopts import Parameter

from seqloom.core.devices import DeviceName
from seqloom.core.engines import EngineName

__all__ = [
    "Device",
    "Engine",
    "Files",
    "Given",
    "Overrides",
    "Task",
    "Trust",
    "column",
    "given_by",
    "hide_hyphens",
    "importing",
    "named",
    "named_all",
    "pairs_in",
    "tell",
]

Files: TypeAlias = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=(), show_default=False)]
Overrides: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)]
Given: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--with", negative=(), show_default=False)]
Trust: TypeAlias = Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)]
Device: TypeAlias = DeviceName
Task: TypeAlias = str | None
Engine: TypeAlias = EngineName

_STDIN = "<standard input>"
_TABLES = (".tsv", ".csv", ".jsonl", ".ndjson", ".json")


def column(name: str) -> int | str:
    """Of a table: its number from 1, or its name."""
    return int(name) if name.isdecimal() else name


def hide_hyphens(arguments: Sequence[str]) -> list[str]:
    """A lone hyphen is standard input; to the parser of options it would be one that has no name."""
    return [_STDIN if argument == "-" else argument for argument in arguments]


def named(file: str) -> str:
    """The file as the readers know it."""
    return "-" if file == _STDIN else file


def named_all(files: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(named, files))


def pairs_in(on: tuple[str, ...]) -> str | None:
    """The pairs of `--on`, as the readers know them: two files are the two sides, as `train.de,train.en` elsewhere."""
    from seqloom.core.errors import DataError
    from seqloom.data.opening import suffix_of

    if len(on) > 2 or (len(on) == 2 and any(suffix_of(each) in _TABLES for each in on)):
        raise DataError(
            f"`--on` must be a file of pairs, or one of sources and one of targets, but is {', '.join(on)}. "
            "Put them into one file."
        )
    return ",".join(map(named, on)) or None


def given_by(texts: Sequence[str]) -> dict[str, Any]:
    """The columns of `--with`: text, or JSON where it begins like a list or an object."""
    from seqloom.core.errors import RecipeError

    given: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise RecipeError(f"`--with {text}` must be `column=value`, such as `--with to=fr`.")
        try:
            given[name] = json.loads(value) if value[:1] in ("[", "{") else value
        except ValueError:
            given[name] = value
    return given


@contextmanager
def importing() -> Iterator[None]:
    """Import libraries without looking for garbage among what stays.

    To look through torch's objects takes an eighth of its import, and again a tenth of a second each time that the
    collector comes by while a corpus is read.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def tell(line: str) -> None:
    """Beside the answer."""
    print(line, file=sys.stderr, flush=True)

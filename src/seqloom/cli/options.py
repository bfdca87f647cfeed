"""Options that several commands share."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from seqloom.core.devices import DeviceName

__all__ = ["Device", "Files", "Overrides", "Task", "Trust", "hide_hyphens", "named", "named_all"]

Files: TypeAlias = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=(), show_default=False)]
Overrides: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)]
Trust: TypeAlias = Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)]
Device: TypeAlias = DeviceName
Task: TypeAlias = str | None

_STDIN = "<standard input>"


def hide_hyphens(arguments: Sequence[str]) -> list[str]:
    """A lone hyphen is standard input; to the parser of options it would be one that has no name."""
    return [_STDIN if argument == "-" else argument for argument in arguments]


def named(file: str) -> str:
    """The file as the readers know it."""
    return "-" if file == _STDIN else file


def named_all(files: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(named, files))

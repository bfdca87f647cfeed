"""What is read from a file, before it is cleaned and numbered: a row, or a line that is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["BadLine", "Row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A source with its targets, and where it stands."""

    source: str
    targets: tuple[str, ...] = ()
    """The first is learnt from, all are references; none where only a source is given."""
    extras: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What else the row has: of an object every further key, of other formats the columns that the recipe names.
    Those that it names stand here under the recipe's names for them (``Columns.extras``)."""
    file: str = "<pairs>"
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that cannot be a row."""

    file: str
    line: int
    what: str
    """What is wrong, without a full stop: "expected 2 tab-separated columns, found 1"."""
    text: str
    """The line as far as it can be shown; bytes that are no text stand as \\xNN."""
    left_out: bool = False
    """It is in order, but the file itself says that it is not to be used, as with a fuzzy entry: it is counted by
    ``what``, and stops nothing."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"

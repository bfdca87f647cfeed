"""A pair as numbers, in named columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["ALIGNMENT", "COPY", "TARGET", "TEXT", "UNITS", "VECTORS", "Numbered", "factor_part", "parts_of"]

TEXT, TARGET, COPY, UNITS, ALIGNMENT = "text", "target", "copy", "units", "alignment"
VECTORS = "vectors"
"""What stands in the text's place where a source is a series of numbers."""
_NO_PARTS = frozenset({TARGET, COPY, UNITS, ALIGNMENT})
"""What is no part of the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A pair, without bos and eos.

    ``columns`` has a sequence of numbers, or of rows of numbers, by the name of each column: ``target``; the parts of
    the source as ``SourceBatch.parts`` names them; and where there are any

    - ``copy``: the target's id of each of the source's tokens; ids ≥ V are this row's own words,
    - ``units``: the places of the source to label,
    - ``alignment``: pairs (place in the source, place in the target) that say the same.

    All pairs of a corpus have the same columns.
    """

    columns: Mapping[str, Sequence[Any]]

    @property
    def text(self) -> Sequence[int]:
        return self.columns[TEXT]

    @property
    def target(self) -> Sequence[Any]:
        return self.columns[TARGET]

    @property
    def copy(self) -> Sequence[int] | None:
        return self.columns.get(COPY)

    @property
    def parts(self) -> dict[str, Sequence[Any]]:
        """Of the source."""
        return {name: self.columns[name] for name in parts_of(self.columns)}


def parts_of(columns: Iterable[str]) -> list[str]:
    """Those that are parts of the source."""
    return [name for name in columns if name not in _NO_PARTS]


def factor_part(name: str) -> str:
    """The part that holds a factor of the text: one number for each of the text's."""
    return f"{TEXT}.{name}"

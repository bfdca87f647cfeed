"""Rows of which a side is a series of numbers, looked at before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field

from seqloom.core.series import SeriesError, read_series
from seqloom.data.rows import BadLine, Row

__all__ = ["SeriesSides"]

_SHOWN = 200
"""Characters of a bad series that are kept to be shown."""


@dataclass(kw_only=True)
class SeriesSides:
    """Which sides are series, and how many channels each has; what is not known yet, the first row says."""

    source: bool
    target: bool
    joint: bool = False
    """Both sides have the same channels."""
    channels: MutableMapping[str, int] = field(default_factory=dict)
    """By side; it fills itself."""

    @property
    def sides(self) -> frozenset[str]:
        return frozenset(side for side, there in (("source", self.source), ("target", self.target)) if there)

    def rows(self, rows: Iterable[Row | BadLine]) -> Iterator[Row | BadLine]:
        """A row whose series cannot be read, or have other channels than those before, is a bad line."""
        if not (self.source or self.target):
            yield from rows
            return
        for row in rows:
            yield (
                row
                if isinstance(row, BadLine) or (what := self._fault(row)) is None
                else BadLine(
                    file=row.file, line=row.line, what=what, text="\t".join((row.source, *row.targets))[:_SHOWN]
                )
            )

    def _fault(self, row: Row) -> str | None:
        sides = [("source", row.source)] if self.source else []
        sides += [("target", target) for target in row.targets] if self.target else []
        for side, text in sides:
            try:
                frames = read_series(text)
            except SeriesError as error:
                return f"the {side} is no series of numbers: {error}"
            if not frames:
                continue  # an empty side, which cleaning drops and counts
            known = self.channels.setdefault("source" if self.joint else side, len(frames[0]))
            if len(frames[0]) != known:
                return f"the {side} must have {_numbers(known)} a frame, but has {len(frames[0])}"
        return None


def _numbers(count: int) -> str:
    return "1 number" if count == 1 else f"{count} numbers"

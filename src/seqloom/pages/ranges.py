"""Values with how sure they are, one below the other: what two of them share is seen at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqloom.pages.markup import Html, element, escaped, joined, number, prose

__all__ = ["Range", "Ranges"]


@dataclass(frozen=True, kw_only=True)
class Range:
    """A value and the ends of its interval, where there is one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    count: int | None = None
    """Of what it was measured on."""
    beside: str = ""
    """What is written in place of the bare value."""


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """A dot a name with its interval as a bar behind it, all on one scale that need not begin at zero."""

    caption: str
    alt: str
    ranges: Sequence[Range]
    counted: str = ""
    """The heading of the counts."""
    whole: float | None = None
    """The value of all together: a line through every row."""

    def html(self) -> Html:
        low, high = self._ends()
        rows = [self._head(), *(self._row(each, low, high) for each in self.ranges)]
        spoken = joined([prose(self.caption), element("span", escaped(f" {self.alt}"), {"class": "unseen"})])
        table = element("table", joined([element("caption", spoken), element("tbody", joined(rows))]))
        return element("figure", table, {"class": "ranges"})

    def _head(self) -> Html:
        if not self.counted:
            return Html("")
        empty = element("td", Html(""))
        counted = element("th", prose(self.counted), {"scope": "col", "class": "number"})
        return element("tr", joined([empty, counted, empty, empty]))

    def _row(self, each: Range, low: float, high: float) -> Html:
        def at(value: float) -> str:
            return f"{(value - low) / (high - low):.4f}" if high > low else "0.5"

        drawn = []
        if self.whole is not None:
            drawn.append(_mark("whole", f"--at:{at(self.whole)}"))
        if each.low is not None and each.high is not None:
            drawn.append(_mark("reach", f"--low:{at(each.low)};--high:{at(each.high)}"))
        drawn.append(_mark("point", f"--at:{at(each.value)}"))
        count = Html("") if each.count is None else escaped(number(each.count))
        cells = [
            element("th", escaped(each.name), {"scope": "row", "dir": "auto"}),
            element("td", count, {"class": "number"}),
            element("td", element("span", joined(drawn), {"class": "track"}), {"class": "drawn"}),
            element("td", prose(each.beside or number(each.value)), {"class": "number beside-bar"}),
        ]
        return element("tr", joined(cells))

    def _ends(self) -> tuple[float, float]:
        """Of the scale, with some room on both sides."""
        values = [] if self.whole is None else [self.whole]
        for each in self.ranges:
            values += [value for value in (each.value, each.low, each.high) if value is not None]
        low, high = min(values, default=0.0), max(values, default=1.0)
        room = 0.04 * (high - low)
        return low - room, high + room


def _mark(kind: str, style: str) -> Html:
    return element("span", Html(""), {"class": kind, "style": style})

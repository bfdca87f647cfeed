"""Plots as inline SVG: drawn by the page's own colours, so that they are as light or dark as it is.

Each has a caption, a sentence for who cannot see it (``alt``), and its figures as a table that can be opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from seqloom.pages.axes import Axis, Frame, label, path, picture
from seqloom.pages.blocks import Column, Details, Table
from seqloom.pages.letters import LETTER, letters
from seqloom.pages.markup import Html, element, escaped, joined, number, prose

__all__ = ["Bars", "Heatmap", "Histogram", "Line", "Lines"]

_COLOURS = 6
"""Series that can be told apart."""


def _figure(drawn: Html, caption: str, figures: Table | None, names: Sequence[str] = ()) -> Html:
    parts = [element("figcaption", prose(caption)), drawn]
    if len(names) > 1:
        keys = (
            element("li", joined([element("span", Html(""), {"class": f"key c{_colour(place)}"}), escaped(name)]))
            for place, name in enumerate(names)
        )
        parts.insert(1, element("ul", joined(keys), {"class": "legend"}))
    if figures is not None:
        parts.append(Details(summary="The figures", blocks=[figures]).html())
    return element("figure", joined(parts), {"class": "chart"})


def _colour(place: int) -> int:
    return place % _COLOURS + 1


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """How many values fall between one edge and the next; of several series, each as a share of its own."""

    caption: str
    alt: str
    edges: Sequence[float]
    counts: Mapping[str, Sequence[float]]
    """By the series' names; one count less than there are edges."""
    x: str
    y: str = "share"
    marks: Mapping[str, float] = field(default_factory=dict)
    """Upright lines, by what is written beside them."""
    logarithmic: bool = False

    def html(self) -> Html:
        shares = {name: _shares(counts) for name, counts in self.counts.items()}
        most = max((max(each, default=0.0) for each in shares.values()), default=0.0) or 1.0
        frame = Frame(
            x=Axis(self.edges[0], self.edges[-1], self.x, logarithmic=self.logarithmic),
            y=Axis(0.0, 1.06 * most, self.y, write=lambda share: f"{100 * share:g} %"),
        )
        drawn = [self._series(frame, each, place) for place, each in enumerate(shares.values())]
        drawn += _marks(frame, self.marks)
        return _figure(frame.picture(drawn, alt=self.alt), self.caption, self._table(), list(shares))

    def _series(self, frame: Frame, shares: Sequence[float], place: int) -> Html:
        """Bins side by side as one area with one outline: what lies behind it can be seen."""
        points = [f"M{frame.across(self.edges[0]):g} {frame.floor}"]
        for (_, after), share in zip(pairwise(self.edges), shares, strict=True):
            points += [f"V{frame.up(share):g}", f"H{frame.across(after):g}"]
        return path("".join([*points, f"V{frame.floor}Z"]), f"area c{_colour(place)}")

    def _table(self) -> Table:
        columns = [Column(title=f"{self.x}, from", kind="number"), Column(title="below", kind="number")]
        columns += [Column(title=name, kind="number") for name in self.counts]
        rows = [
            [low, high, *counts]
            for (low, high), *counts in zip(pairwise(self.edges), *self.counts.values(), strict=True)
            if any(counts)
        ]
        return Table(caption=self.caption, columns=columns, rows=rows)


def _marks(frame: Frame, marks: Mapping[str, float]) -> list[Html]:
    drawn = []
    for row, (name, value) in enumerate(marks.items()):
        at = frame.across(value)
        drawn.append(path(f"M{at:g} {frame.top}V{frame.floor}", "mark"))
        ends = at > 0.7 * frame.width
        place = (at - 6 if ends else at + 6, frame.top + 12 + 17 * row)
        drawn.append(label(*place, name, side="end" if ends else "start", kind="mark"))
    return drawn


def _shares(counts: Sequence[float]) -> list[float]:
    whole = sum(counts) or 1.0
    return [count / whole for count in counts]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One series of a plot of lines."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    """With ``high`` the edges of a band around it: how far it may be off."""
    high: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Values over steps, time, size; a dot a value where they are few."""

    caption: str
    alt: str
    lines: Sequence[Line]
    x: str
    y: str
    logarithmic: bool = False
    """The steps, not the values."""
    from_zero: bool = False
    marks: Mapping[str, float] = field(default_factory=dict)
    """Upright lines, by what is written beside them."""

    _FEW = 24

    def html(self) -> Html:
        across = [value for line in self.lines for value in line.x]
        up = [value for line in self.lines for value in (*line.y, *line.low, *line.high)]
        low, high = (0.0 if self.from_zero else min(up)), max(up)
        room = 0.0 if self.from_zero else 0.05 * (high - low)
        frame = Frame(
            x=Axis(min(across), max(across), self.x, logarithmic=self.logarithmic),
            y=Axis(low - room, high + room, self.y),
        )
        drawn = [_band(frame, line, place) for place, line in enumerate(self.lines) if line.low]
        for place, line in enumerate(self.lines):
            at = [(frame.across(x), frame.up(y)) for x, y in zip(line.x, line.y, strict=True)]
            drawn.append(path("M" + "L".join(f"{x:g} {y:g}" for x, y in at), f"line c{_colour(place)}"))
            if len(at) <= self._FEW:
                drawn += [_dot(x, y, place) for x, y in at]
        drawn += _marks(frame, self.marks)
        return _figure(
            frame.picture(drawn, alt=self.alt), self.caption, self._table(), [line.name for line in self.lines]
        )

    def _table(self) -> Table:
        told: dict[str, tuple[Sequence[float], Sequence[float]]] = {}
        for line in self.lines:
            told[line.name] = line.x, line.y
            if line.low:
                told |= {f"{line.name}, low": (line.x, line.low), f"{line.name}, high": (line.x, line.high)}
        rows: dict[float, list[str | float | None]] = {}
        for place, (across, up) in enumerate(told.values()):
            for x, y in zip(across, up, strict=True):
                rows.setdefault(x, [x, *[None] * len(told)])[place + 1] = y
        columns = [Column(title=self.x, kind="number"), *(Column(title=name, kind="number") for name in told)]
        return Table(caption=self.caption, columns=columns, rows=[rows[x] for x in sorted(rows)])


def _band(frame: Frame, line: Line, place: int) -> Html:
    """There along its upper edge, and back along the lower one."""
    edges = [*zip(line.x, line.high, strict=True), *reversed([*zip(line.x, line.low, strict=True)])]
    at = "L".join(f"{frame.across(x):g} {frame.up(y):g}" for x, y in edges)
    return path(f"M{at}Z", f"band c{_colour(place)}")


def _dot(x: float, y: float, place: int) -> Html:
    return element("circle", Html(""), {"cx": f"{x:g}", "cy": f"{y:g}", "r": 3, "class": f"dot c{_colour(place)}"})


@dataclass(frozen=True, kw_only=True)
class Bars:
    """A value a name, as bars that lie: names may be long, and each bar has its value beside it."""

    caption: str
    alt: str
    bars: Mapping[str, float]
    notes: Mapping[str, str] = field(default_factory=dict)
    """What stands beside a bar in place of its bare value."""

    def html(self) -> Html:
        most = max(self.bars.values(), default=0.0) or 1.0
        rows = []
        for name, value in self.bars.items():
            bar = element("span", Html(""), {"class": "bar", "style": f"--share:{value / most:.4f}"})
            beside = element("span", prose(self.notes.get(name, number(value))), {"class": "beside-bar"})
            cells = [
                element("th", escaped(name), {"scope": "row", "dir": "auto"}),
                element("td", joined([bar, beside])),
            ]
            rows.append(element("tr", joined(cells)))
        table = element("table", joined([element("caption", Html(self._spoken())), element("tbody", joined(rows))]))
        return element("figure", table, {"class": "bars"})

    def _spoken(self) -> str:
        return joined([prose(self.caption), element("span", escaped(f" {self.alt}"), {"class": "unseen"})])


@dataclass(frozen=True, kw_only=True)
class Heatmap:
    """A value for each row and column, as shades: attention, confusion, two lengths at once."""

    caption: str
    alt: str
    rows: Sequence[str]
    """From the top."""
    columns: Sequence[str]
    values: Sequence[Sequence[float]]
    """A list a row; what is below 0 has another colour."""
    x: str = ""
    y: str = ""
    every: int = 1
    """Names so many apart are written, where all would not fit."""
    figures: bool = True
    """Whether they can be opened as a table."""

    def html(self) -> Html:
        return _figure(self.picture(), self.caption, self._table() if self.figures else None)

    def picture(self) -> Html:
        most = max((abs(value) for row in self.values for value in row), default=0.0) or 1.0
        left = 14 + round(LETTER * max((letters(name) for name in self.rows), default=0))
        side = max(8.0, min(32.0, (720 - left) / max(1, len(self.columns))))
        top = 24 if self.y else 6
        floor = top + side * len(self.rows)
        drawn = [label(4, 14, self.y, kind="title")]
        for row, values in enumerate(self.values):
            for column, value in enumerate(values):
                if value:
                    drawn.append(_cell(left + side * column, top + side * row, side, value / most))
        for row, name in enumerate(self.rows):
            if row % self.every == 0:
                drawn.append(label(left - 8, top + side * (row + 0.5) + 4, name, side="end"))
        longest = max((letters(name) for name in self.columns), default=0)
        turned = LETTER * longest > side * self.every
        for column, name in enumerate(self.columns):
            if column % self.every == 0:
                drawn.append(_under(left + side * (column + 0.5), floor + 16, name, turned=turned))
        below = 26 + (round(LETTER * longest) if turned else 0) + (20 if self.x else 0)
        width = round(left + side * len(self.columns) + 14)
        drawn.append(label(left + side * len(self.columns) / 2, floor + below - 8, self.x, side="middle", kind="title"))
        return picture(joined(drawn), width=max(width, 320), height=round(floor + below), alt=self.alt)

    def _table(self) -> Table:
        columns = [Column(title=self.y, kind="name"), *(Column(title=name, kind="number") for name in self.columns)]
        rows: list[list[str | float | None]] = [
            [name, *values] for name, values in zip(self.rows, self.values, strict=True)
        ]
        return Table(caption=self.caption, columns=columns, rows=rows)


def _cell(x: float, y: float, side: float, share: float) -> Html:
    shape = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{side - 1:g}", "height": f"{side - 1:g}"}
    kind = "cell" if share > 0 else "cell against"
    return element("rect", Html(""), {**shape, "class": kind, "fill-opacity": f"{max(0.04, abs(share)):.2f}"})


def _under(x: float, y: float, name: str, *, turned: bool) -> Html:
    if not turned:
        return label(x, y, name, side="middle")
    given = {"transform": f"translate({x + 4:g} {y - 8:g}) rotate(-90)", "text-anchor": "end"}
    return element("text", escaped(name), given)

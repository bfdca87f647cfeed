"""What a page is made of: prose, figures to take in at a glance, findings, tables, code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from seqloom.pages.markup import Html, element, escaped, joined, language_of, number, prose

__all__ = ["Block", "Code", "Column", "Details", "Finding", "Prose", "SideBySide", "Table", "Tile", "Tiles"]


class Block(Protocol):
    """Anything that can stand in a section."""

    def html(self) -> Html: ...


@dataclass(frozen=True, kw_only=True)
class Prose:
    """Paragraphs, with an empty line between them; `this` is code."""

    text: str

    def html(self) -> Html:
        return joined(element("p", prose(each.strip())) for each in self.text.split("\n\n"))


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One figure that matters."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """A row of them."""

    tiles: Sequence[Tile]

    def html(self) -> Html:
        return element("dl", joined(map(self._tile, self.tiles)), {"class": "tiles"})

    def _tile(self, tile: Tile) -> Html:
        value = element("span", escaped(tile.value), {"class": "value"})
        note = element("span", prose(tile.note), {"class": "note"}) if tile.note else Html("")
        return element("div", joined([element("dt", escaped(tile.name)), element("dd", joined([value, note]))]))


Level = Literal["bad", "warn", "note", "good"]
_LEVELS: Mapping[Level, tuple[str, str]] = {
    "bad": ("✕", "Mend this"),
    "warn": ("!", "Look at this"),
    "note": ("i", "Worth knowing"),
    "good": ("✓", "Good"),
}
"""A sign and a word each: no meaning hangs on a colour alone."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that was found, what it means and what to do, with what proves it below."""

    level: Level
    title: str
    text: str = ""
    advice: str = ""
    proof: Sequence[Block] = ()

    def html(self) -> Html:
        sign, word = _LEVELS[self.level]
        mark = joined(
            [
                element("span", escaped(sign), {"class": "sign", "aria-hidden": "true"}),
                element("span", escaped(f"{word}: "), {"class": "unseen"}),
            ]
        )
        parts = [element("h3", joined([mark, prose(self.title)]))]
        parts += [element("p", prose(self.text))] if self.text else []
        parts += [element("p", prose(self.advice), {"class": "advice"})] if self.advice else []
        parts += [each.html() for each in self.proof]
        return element("article", joined(parts), {"class": f"finding {self.level}"})


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table.

    name: what a row is called by; number: set to the right; sample: somebody's text, in any language and direction;
    text: our own.
    """

    title: str
    kind: Literal["name", "number", "sample", "text"] = "text"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under a caption. A number in a cell is written for people; None is an empty cell."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str | float | None]]
    note: str = ""

    def html(self) -> Html:
        head = element("tr", joined(self._title(column) for column in self.columns))
        body = joined(map(self._row, self.rows))
        caption = element("caption", prose(self.caption))
        table = element("table", joined([caption, element("thead", head), element("tbody", body)]))
        # What is wider than the window is reached by the keyboard too.
        around = {"class": "scroll", "role": "region", "tabindex": 0, "aria-label": self.caption.replace("`", "")}
        note = element("p", prose(self.note), {"class": "note"}) if self.note else Html("")
        return joined([element("div", table, around), note])

    def _row(self, row: Sequence[str | float | None]) -> Html:
        return element("tr", joined(self._cell(*each) for each in zip(self.columns, row, strict=True)))

    def _title(self, column: Column) -> Html:
        return element("th", prose(column.title), {"scope": "col", "class": column.kind})

    def _cell(self, column: Column, cell: str | float | None) -> Html:
        if cell is None:
            return element("td", Html(""))
        text = cell if isinstance(cell, str) else number(cell)
        match column.kind:
            case "name":
                return element("th", prose(text), {"scope": "row", "class": "name"})
            case "sample":
                return element("td", escaped(text), {"class": "sample", "dir": "auto", "lang": language_of(text)})
            case kind:
                return element("td", prose(text), {"class": kind})


@dataclass(frozen=True, kw_only=True)
class Code:
    """A file or a command, as it is typed."""

    text: str
    caption: str = ""

    def html(self) -> Html:
        written = element("pre", element("code", escaped(self.text)), {"tabindex": 0})
        if not self.caption:
            return written
        return element("figure", joined([element("figcaption", prose(self.caption)), written]), {"class": "code"})


@dataclass(frozen=True, kw_only=True)
class Details:
    """What is shown to whoever opens it; on paper it is open."""

    summary: str
    blocks: Sequence[Block]

    def html(self) -> Html:
        inside = [element("summary", prose(self.summary)), *(each.html() for each in self.blocks)]
        return element("details", joined(inside))


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Blocks beside each other where there is room, and below each other where there is none."""

    blocks: Sequence[Block]

    def html(self) -> Html:
        return element("div", joined(element("div", each.html()) for each in self.blocks), {"class": "beside"})

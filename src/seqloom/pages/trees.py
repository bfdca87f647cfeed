"""A tree that grows to the right: what was tried, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal, NamedTuple

from seqloom.pages.axes import label, path, picture
from seqloom.pages.letters import LETTER, letters, seen
from seqloom.pages.markup import Html, element, joined, prose

__all__ = ["Placed", "Tree", "Twig"]

_ROW, _GAP, _TOP, _LEFT, _FOOT = 21, 34, 20, 12, 14
_SMALL = 0.86
"""Of a note's letters."""


@dataclass(frozen=True, kw_only=True)
class Twig:
    """One place where it grows on, ends, or was cut."""

    text: str
    note: str = ""
    kind: Literal["best", "kept", "cut"] = "kept"
    twigs: Sequence[Twig] = ()
    """From the top."""


class Placed(NamedTuple):
    """A twig in the picture: the row and the depth that it stands in, and what it grows from."""

    twig: Twig
    row: int
    depth: int
    parent: int | None
    """The place of that among all that are placed."""


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The first of a twig's twigs goes straight on, so that what counts is one line at the top."""

    caption: str
    alt: str
    root: Twig

    def html(self) -> Html:
        parts = [element("figcaption", prose(self.caption)), element("div", self.picture(), {"class": "wide"})]
        return element("figure", joined(parts), {"class": "chart"})

    @cached_property
    def placed(self) -> list[Placed]:
        found: list[Placed] = []
        waiting: list[tuple[Twig, int, int | None, bool]] = [(self.root, 0, None, True)]
        row = -1
        while waiting:  # depth first; a twig that is not its parent's first begins a row
            twig, depth, parent, first = waiting.pop()
            row = found[parent].row if first and parent is not None else row + 1
            found.append(Placed(twig, row, depth, parent))
            place = len(found) - 1
            waiting += [(each, depth + 1, place, number == 0) for number, each in reversed([*enumerate(twig.twigs)])]
        return found

    @cached_property
    def columns(self) -> list[float]:
        """Where each depth begins, in the picture's units; the last is where all ends."""
        widths = [0.0] * (1 + max(each.depth for each in self.placed))
        for each in self.placed:
            widths[each.depth] = max(widths[each.depth], self.width_of(each.twig))
        return [*accumulate((width + _GAP for width in widths), initial=float(_LEFT))]

    @staticmethod
    def width_of(twig: Twig) -> float:
        """With its note."""
        beside = 6 + _SMALL * LETTER * letters(twig.note) if twig.note else 0.0
        return LETTER * letters(seen(twig.text)) + beside

    def picture(self) -> Html:
        drawn = [*self._lines(), *self._names()]
        height = _TOP + _ROW * (1 + max(each.row for each in self.placed)) + _FOOT
        return picture(joined(drawn), width=round(self.columns[-1]), height=height, alt=self.alt)

    def _lines(self) -> Iterator[Html]:
        for each in sorted(self.placed, key=lambda each: each.twig.kind == "best"):
            if each.parent is None:
                continue
            before = self.placed[each.parent]
            x1, y1 = self.columns[before.depth] + self.width_of(before.twig) + 8, _up(before.row)
            x2, y2 = self.columns[each.depth] - 6, _up(each.row)
            middle = (x1 + x2) / 2
            yield path(f"M{x1:.1f} {y1}C{middle:.1f} {y1} {middle:.1f} {y2} {x2:.1f} {y2}", f"twig {each.twig.kind}")

    def _names(self) -> Iterator[Html]:
        for each in self.placed:
            x, y = self.columns[each.depth], _up(each.row) + 4
            yield label(x, y, seen(each.twig.text), kind=each.twig.kind)
            if each.twig.note:
                yield label(x + LETTER * letters(seen(each.twig.text)) + 6, y, each.twig.note, kind="aside")


def _up(row: int) -> int:
    return _TOP + _ROW * row

"""Two rows of tokens with bands between them: which belongs to which, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from seqloom.pages.axes import label, picture
from seqloom.pages.letters import LETTER, letters, seen
from seqloom.pages.markup import Html, element, joined, prose

__all__ = ["Bands"]

_GAP, _TOP, _BOTTOM, _LEFT = 18, 40, 150, 64
_FAINTEST = 0.12
"""A share that is still drawn."""


@dataclass(frozen=True, kw_only=True)
class Bands:
    """An alignment: the broader a band, the more of what stands below is owed to what stands above."""

    caption: str
    alt: str
    above: Sequence[str]
    below: Sequence[str]
    shares: Sequence[Sequence[float]]
    """A row for each of ``below``: of each of ``above``."""
    decided: Sequence[tuple[int, int]] = ()
    """(below, above) of the bands that count."""
    names: tuple[str, str] = ("", "")

    def html(self) -> Html:
        parts = [element("figcaption", prose(self.caption)), element("div", self.picture(), {"class": "wide"})]
        return element("figure", joined(parts), {"class": "chart"})

    def picture(self) -> Html:
        room = max(map(_room, (self.above, self.below)))
        above, below = _places(self.above, room), _places(self.below, room)
        decided, drawn = {*self.decided}, []
        for row, shares in enumerate(self.shares):
            for column, share in enumerate(shares):
                if share >= _FAINTEST or (row, column) in decided:
                    kind = "band c1" if (row, column) in decided else "band c6"
                    drawn.append(_band(above[column], below[row], share, kind))
        for title, names, places, at in zip(
            self.names, (self.above, self.below), (above, below), (_TOP - 10, _BOTTOM + 20), strict=True
        ):
            drawn.append(label(2, at, title, kind="title"))
            drawn += [
                label(x, at, seen(name), side="middle", kind="said") for x, name in zip(places, names, strict=True)
            ]
        return picture(joined(drawn), width=round(_LEFT + room) + _GAP, height=_BOTTOM + 34, alt=self.alt)


def _width(name: str) -> float:
    return max(14.0, LETTER * letters(seen(name)))


def _room(names: Sequence[str]) -> float:
    """That a row needs at least."""
    return sum(map(_width, names)) + _GAP * (len(names) - 1)


def _places(names: Sequence[str], room: float) -> list[float]:
    """The middle of each, spread over so much room."""
    widths = [*map(_width, names)]
    gap = (room - sum(widths)) / max(1, len(names) - 1)
    begins = accumulate((width + gap for width in widths), initial=float(_LEFT))
    return [begin + width / 2 for begin, width in zip(begins, widths, strict=False)]


def _band(x1: float, x2: float, share: float, kind: str) -> Html:
    middle = (_TOP + _BOTTOM) / 2
    points = f"M{x1:.1f} {_TOP}C{x1:.1f} {middle:g} {x2:.1f} {middle:g} {x2:.1f} {_BOTTOM}"
    given = {
        "d": points,
        "class": kind,
        "stroke-width": f"{1 + 9 * share:.1f}",
        "stroke-opacity": f"{0.2 + 0.6 * share:.2f}",
    }
    return element("path", Html(""), given)

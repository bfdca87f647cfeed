"""Tokens in a row, each as strong as what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqloom.pages.letters import seen
from seqloom.pages.markup import Html, element, escaped, joined, language_of, prose

__all__ = ["Shades"]


@dataclass(frozen=True, kw_only=True)
class Shades:
    """A text's tokens with a figure below each; what is below 0 has another colour."""

    caption: str
    tokens: Sequence[str]
    values: Sequence[float]
    """From -1 to 1: how strong."""
    figures: Sequence[str]
    """What stands below each."""

    def html(self) -> Html:
        cells = [
            element(
                "li",
                joined([element("span", escaped(seen(token)), {"class": "token"}), element("span", escaped(figure))]),
                {"style": f"--share:{abs(value):.3f}", "class": "against" if value < 0 else None},
            )
            for token, value, figure in zip(self.tokens, self.values, self.figures, strict=True)
        ]
        row = element("ol", joined(cells), {"lang": language_of("".join(self.tokens))})
        return element("figure", joined([element("figcaption", prose(self.caption)), row]), {"class": "shades"})

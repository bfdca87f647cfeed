"""Texts under each other, of which some words are marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqloom.pages.markup import Html, element, escaped, joined, language_of, prose

__all__ = ["Text", "Texts"]


@dataclass(frozen=True, kw_only=True)
class Text:
    """Somebody's text, in any language and direction, and whose it is."""

    name: str
    parts: Sequence[tuple[str, bool]]
    """In their order; True where a part is to be marked."""
    note: str = ""

    def html(self) -> Html:
        said = joined(element("mark", escaped(part)) if marked else escaped(part) for part, marked in self.parts)
        language = language_of("".join(part for part, _ in self.parts))
        note = element("span", escaped(self.note), {"class": "note"}) if self.note else Html("")
        return joined(
            [
                element("dt", joined([escaped(self.name), note], " ")),
                element("dd", said, {"dir": "auto", "lang": language}),
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Texts that belong together."""

    title: str
    texts: Sequence[Text]

    def html(self) -> Html:
        inside = joined(each.html() for each in self.texts)
        return element("article", joined([element("h3", prose(self.title)), element("dl", inside)]), {"class": "texts"})

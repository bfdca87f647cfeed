"""The document: head, title, contents, sections and foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from seqloom.core.files import write_text
from seqloom.pages.blocks import Block
from seqloom.pages.markup import Html, element, escaped, joined, prose, slug

__all__ = ["Page", "Section", "style"]

_FEW = 2
"""Sections that need no table of contents."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: Sequence[Block]
    lead: str = ""

    def html(self, anchor: str) -> Html:
        parts = [element("h2", prose(self.title), {"id": f"{anchor}-title"})]
        parts += [element("p", prose(self.lead), {"class": "lead"})] if self.lead else []
        parts += [each.html() for each in self.blocks]
        return element("section", joined(parts), {"id": anchor, "aria-labelledby": f"{anchor}-title"})


@dataclass(frozen=True, kw_only=True)
class Page:
    """One file that needs no other, no script and no network."""

    title: str
    sections: Sequence[Section]
    lead: str = ""
    foot: str = ""

    def html(self) -> Html:
        anchors = self._anchors()
        header = [element("h1", prose(self.title))]
        header += [element("p", prose(self.lead), {"class": "lead"})] if self.lead else []
        body = [
            element("a", Html("Skip to the contents"), {"class": "skip", "href": "#main"}),
            element("header", joined(header)),
            self._contents(anchors) if len(self.sections) > _FEW else Html(""),
            element("main", joined(map(Section.html, self.sections, anchors), "\n"), {"id": "main"}),
            element("footer", prose(self.foot)) if self.foot else Html(""),
        ]
        head = [
            element("meta", None, {"charset": "utf-8"}),
            element("meta", None, {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            element("meta", None, {"name": "color-scheme", "content": "light dark"}),
            element("title", escaped(self.title.replace("`", ""))),
            element("style", style()),
        ]
        inside = joined([element("head", joined(head, "\n")), element("body", joined(body, "\n"))], "\n")
        return Html(f"<!DOCTYPE html>\n{element('html', inside, {'lang': 'en'})}\n")

    def write(self, path: Path) -> None:
        """Whole or not at all."""
        write_text(path, self.html())

    def _anchors(self) -> list[str]:
        """Of two sections of one title, each has its own."""
        found: list[str] = []
        for section in self.sections:
            anchor, count = slug(section.title), 2
            while anchor in (*found, "main"):
                anchor, count = f"{slug(section.title)}-{count}", count + 1
            found.append(anchor)
        return found

    def _contents(self, anchors: Sequence[str]) -> Html:
        links = (
            element("li", element("a", prose(section.title), {"href": f"#{anchor}"}))
            for section, anchor in zip(self.sections, anchors, strict=True)
        )
        return element("nav", element("ol", joined(links)), {"aria-label": "Contents"})


@cache
def style() -> Html:
    return Html(Path(__file__).with_name("style.css").read_text("utf-8"))

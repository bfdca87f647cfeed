"""Reuters-21578's SGML: news with a headline, topics and a body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqloom.data.fields import Record
from seqloom.data.rows import BadLine
from seqloom.data.sgml import tags_of

__all__ = ["REUTERS", "reuters_records"]

REUTERS = ("headline", "topics", "body", "dateline", "date", "places", "people", "orgs", "exchanges")
"""What a story has; those that are lists are words with spaces between them."""

_TEXTS = {"title": "headline", "body": "body", "dateline": "dateline", "date": "date"}
_LISTS = ("topics", "places", "people", "orgs", "exchanges")
_TAGS = ("reuters", "text", "d", *_TEXTS, *_LISTS)


def reuters_records(file: str, lines: Iterable[str | BadLine]) -> Iterator[Record | BadLine]:
    """A record a story. The line breaks of its text are those of a teleprinter, and become spaces."""
    values: dict[str, tuple[str, ...]] = {}
    extras: dict[str, str] = {}
    begun = 0
    words: list[str] = []
    bad: BadLine | None = None
    for tag in tags_of(lines, _TAGS):
        bad = bad or tag.bad
        if tag.name == "reuters" and not tag.closes:
            values, bad, begun = {}, tag.bad, tag.line
            extras = {"id": tag.attributes.get("newid", ""), "split": tag.attributes.get("lewissplit", "").lower()}
        elif tag.name == "reuters":
            yield bad or Record(values=values, line=begun, extras=extras)
        elif tag.name in _LISTS:
            if tag.closes and words:
                values[tag.name] = (" ".join(words),)
            words = []
        elif tag.name == "d" and tag.closes:
            words.append("-".join(tag.before.split()))
        elif tag.closes and tag.name in _TEXTS:
            text = " ".join(tag.before.replace("\x03", " ").split())
            if text:
                values[_TEXTS[tag.name]] = (text,)
        elif (
            tag.closes
            and tag.name == "text"
            and "headline" not in values
            and "body" not in values
            and tag.before.strip()
        ):
            values["body"] = (" ".join(tag.before.replace("\x03", " ").split()),)

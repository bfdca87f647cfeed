"""SGML as corpora of the nineties and of WMT have it: tags that need no XML to be read, and text that may hold `<`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape

from seqloom.data.rows import BadLine

__all__ = ["Tag", "tags_of"]

_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag, and the text between the tag before it and itself."""

    name: str
    """Small letters."""
    closes: bool
    before: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    bad: BadLine | None = None
    """The first line before it that cannot be read."""


def tags_of(lines: Iterable[str | BadLine], names: Collection[str]) -> Iterator[Tag]:
    """The tags of these names, in small letters; any other is taken for text."""
    pattern = re.compile(rf"<(/?)({'|'.join(names)})((?:\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)?)/?>", re.IGNORECASE)
    before: list[str] = []
    bad: BadLine | None = None
    for number, line in enumerate(lines, start=1):
        if isinstance(line, BadLine):
            bad = bad or line
            line = line.text
        at = 0
        for found in pattern.finditer(line):
            before.append(line[at : found.start()])
            at = found.end()
            yield Tag(
                name=found[2].lower(),
                closes=bool(found[1]),
                before=unescape("".join(before)),
                line=number,
                attributes={
                    each[1].lower(): unescape(next(filter(None, each.groups()[1:]), ""))
                    for each in _ATTRIBUTE.finditer(found[3])
                },
                bad=bad,
            )
            before.clear()
            bad = None
        before.append(line[at:] + "\n")

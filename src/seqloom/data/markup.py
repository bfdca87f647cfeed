"""XML as it streams by: whole small elements, one at a time, and never an entity that somebody defined."""

from __future__ import annotations

import html
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from seqloom.core.errors import DataError

__all__ = ["Node", "attributes_text", "escape", "nodes_of", "writable"]

_DEEPEST = 1000
_ILLEGAL = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


@dataclass(slots=True, eq=False)
class Node:
    """An element. Names are without their prefix, but for `xml:lang` and `xml:space`."""

    tag: str
    attributes: dict[str, str]
    line: int
    whole: bool = True
    """False: it was only seen to open, and holds nothing here."""
    parts: list[str | Node] = field(default_factory=list)

    def children(self, tag: str) -> Iterator[Node]:
        return (part for part in self.parts if isinstance(part, Node) and part.tag == tag)

    def child(self, tag: str) -> Node | None:
        return next(self.children(tag), None)

    def below(self, tag: str) -> Iterator[Node]:
        """Wherever they are inside."""
        for part in self.parts:
            if isinstance(part, Node):
                if part.tag == tag:
                    yield part
                yield from part.below(tag)

    def text(self, without: Collection[str] = (), *, preserve: bool = False) -> str:
        """What it says, without what stands in such elements. Space that only indents it is none of it, unless
        ``preserve`` or `xml:space` says that it is."""
        text = self._text(without)
        if preserve or self.attributes.get("xml:space") == "preserve":
            return text
        bare = text.strip()
        indents = "\n" in text[: len(text) - len(text.lstrip())] and "\n" in text[len(text.rstrip()) :]
        return bare if indents or not bare else text

    def _text(self, without: Collection[str]) -> str:
        said = []
        for part in self.parts:
            if isinstance(part, str):
                said.append(part)
            elif part.tag == "cp":  # a character that XML itself cannot hold
                said.append(_character(part.attributes.get("hex", "")))
            elif part.tag not in without:
                said.append(part._text(without))
        return "".join(said)


def nodes_of(
    file: str, blocks: Iterable[bytes], *, whole: Collection[str], root: Collection[str], kind: str
) -> Iterator[Node]:
    """The elements that are in ``whole`` once they are complete, all outside of them when they open.

    A DataError where it is no such XML: not well-formed, of another root, or with entities of its own.
    """
    reader = _Reader(file, whole)
    begun = False
    try:
        for block in blocks:
            reader.parser.Parse(block, False)
            while reader.found:
                node = reader.found.popleft()
                if not begun and node.tag.lower() not in root:
                    raise DataError(f"{file} must be {kind}, as its name says, but its first element is <{node.tag}>.")
                begun = True
                yield node
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        if not begun and not reader.found:
            raise DataError(f"{file} must be {kind}, as its name says, but is no XML ({what}).") from error
        if error.code in (expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],) or "unclosed" in what:
            raise DataError(f"{file}: its end is missing. Copy or download it again.") from error
        yield from reader.found
        raise DataError(
            f"{file}:{error.lineno}: not well-formed XML ({what} at column {error.offset + 1}). Mend it there."
        ) from error
    yield from reader.found


class _Reader:
    """What the parser says, as nodes."""

    def __init__(self, file: str, whole: Collection[str]) -> None:
        self.file, self.whole = file, whole
        self.found: deque[Node] = deque()
        self._open: list[Node] = []
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        node = Node(tag, attributes, self.parser.CurrentLineNumber)
        if self._open:
            self._open[-1].parts.append(node)
        elif tag not in self.whole:
            node.whole = False
            self.found.append(node)
            return
        if len(self._open) > _DEEPEST:
            raise DataError(f"{self.file}:{node.line}: elements must lie less than {_DEEPEST} deep. Is this a text?")
        self._open.append(node)

    def _end(self, _: str) -> None:
        if self._open:
            node = self._open.pop()
            if not self._open:
                self.found.append(node)

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].parts.append(text)

    def _entity(self, name: str, *_: object) -> None:
        raise DataError(
            f"{self.file}:{self.parser.CurrentLineNumber}: it declares the entity `{name}`, and a few of these can "
            "fill any memory. Write the text itself in its place."
        )

    def _skipped(self, name: str, is_parameter: bool) -> None:
        """One that a DTD elsewhere may define: what everybody means by it, or itself."""
        if not is_parameter:
            self._text(html.unescape(f"&{name};"))


def _character(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""


def writable(text: str) -> str:
    """Without the characters that XML has no way to hold."""
    return text.translate(_ILLEGAL)


def escape(text: str) -> str:
    return writable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def attributes_text(**attributes: str) -> str:
    """` name="value"` for each that is not empty; `xml_lang` is xml:lang, and other `_` are hyphens."""
    return "".join(
        f" {name.replace('xml_', 'xml:').replace('_', '-')}={quoteattr(writable(value))}"
        for name, value in attributes.items()
        if value
    )

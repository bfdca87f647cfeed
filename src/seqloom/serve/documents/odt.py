"""Texts of LibreOffice and others (.odt, ISO/IEC 26300): paragraphs and headings wherever they are."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqloom.core.errors import DataError
from seqloom.data.markup import writable
from seqloom.serve.documents.archive import Archive, local, to_xml, xml
from seqloom.serve.documents.document import Document
from seqloom.serve.documents.paragraph import Paragraph, Stretch

__all__ = ["odt_document"]

_KIND = "an OpenDocument text"
_TYPE = "application/vnd.oasis.opendocument.text"
_FILES = ("content.xml", "styles.xml")
"""Headers and footers stand with the styles of pages."""
_INSIDE = frozenset({"span", "a", "meta", "meta-field", "ruby", "ruby-base"})
"""Elements whose text is the paragraph's own; that of others is a field, a note or a picture's."""
_BREAKS = frozenset({"tab", "line-break"})
_UNSEEN = frozenset({"bookmark", "bookmark-start", "bookmark-end", "soft-page-break"})
_UNTOUCHED = frozenset({"tracked-changes", "note-citation", "annotation"})
_SPACE = re.compile(r"[ \t\r\n]+")

_Looks = Mapping[str, Hashable]
"""What the styles of spans set, by their names."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text stands: XML keeps it in the element before it or around it."""

    element: Any
    behind: bool
    look: tuple[Hashable, ...]
    """What its spans set. Spans that set nothing are what an editor leaves of its own bookkeeping."""

    @property
    def text(self) -> str:
        return _SPACE.sub(" ", (self.element.tail if self.behind else self.element.text) or "")

    def put(self, text: str) -> None:
        if self.behind:
            self.element.tail = writable(text) or None
        else:
            self.element.text = writable(text) or None


_Same = list[_Place]
"""Places that look alike and follow each other."""


def odt_document(name: str, content: bytes) -> Document:
    archive = Archive(name, content, kind=_KIND)
    kind = archive.file("mimetype").strip().decode("ascii", "replace")
    if not kind.startswith(_TYPE):
        raise DataError(f"{name} must be {_KIND}, as its name says, but is {kind[:80]}. Save it as .odt.")
    if b"encryption-data" in archive.files.get("META-INF/manifest.xml", b""):
        raise DataError(f"{name} must be without a password, but is encrypted. Save it without one.")
    roots = {file: xml(archive, file) for file in _FILES if file in archive.files}
    groups = [group for root in roots.values() for group in _groups(root)]

    def write(texts: Sequence[Sequence[str]]) -> bytes:
        for group, new in zip(groups, texts, strict=True):
            for same, text in zip(group, new, strict=True):
                if text != _text(same):
                    for place in same[1:]:
                        place.put("")
                    same[0].put(text)
        return archive.packed({file: to_xml(root) for file, root in roots.items()})

    paragraphs = [Paragraph([Stretch(_text(same), look=same[0].look) for same in group]) for group in groups]
    return Document(paragraphs=paragraphs, write=write)


def _text(same: _Same) -> str:
    return "".join(place.text for place in same)


def _groups(root: Any) -> Iterator[list[_Same]]:
    """The text between two tabs or line breaks of a paragraph, in stretches of one formatting."""
    looks = _looks(root)
    for paragraph in root.iter():
        if local(paragraph) not in ("p", "h") or any(local(each) in _UNTOUCHED for each in paragraph.iterancestors()):
            continue
        group: list[_Same] = []
        apart = True
        for place in _places(paragraph, looks, ()):
            if isinstance(place, _Place):
                if not place.text:
                    continue
                if apart or group[-1][-1].look != place.look:
                    group.append([])
                group[-1].append(place)
                apart = False
                continue
            apart = True
            if place in _BREAKS:
                if group:
                    yield group
                group = []
        if group:
            yield group


def _looks(root: Any) -> _Looks:
    found: dict[str, Hashable] = {}
    for style in root.iter():
        if local(style) == "style" and _attribute(style, "family") == "text":
            said = {(key, value) for each in style for key, value in each.attrib.items() if "rsid" not in key}
            found[_attribute(style, "name")] = frozenset(said)
    return found


def _attribute(element: Any, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _places(element: Any, looks: _Looks, look: tuple[Hashable, ...]) -> Iterator[_Place | str]:
    """Each text of a paragraph, and the name of each thing between them that is none."""
    yield _Place(element, False, look)
    for child in element:
        name = local(child)
        if name in _INSIDE:
            style = _attribute(child, "style-name")
            own = (child,) if name != "span" else (each,) if (each := looks.get(style, style)) else ()
            yield from _places(child, looks, (*look, *own))
        elif name and name not in _UNSEEN:
            yield name
        yield _Place(child, True, look)

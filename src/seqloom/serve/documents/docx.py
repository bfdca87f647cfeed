"""Word documents (.docx, ECMA-376): paragraphs wherever they are, in tables, headers, notes and boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from seqloom.core.errors import DataError
from seqloom.data.markup import writable
from seqloom.serve.documents.archive import Archive, local, to_xml, xml
from seqloom.serve.documents.document import Document
from seqloom.serve.documents.paragraph import Paragraph, Stretch

__all__ = ["docx_document"]

_PARTS = tuple(
    f"wordprocessingml.{part}+xml"
    for part in ("document.main", "template.main", "header", "footer", "footnotes", "endnotes")
)
"""How the content types end of files that have text."""
_KIND = "a Word document"
_BREAKS = frozenset({"br", "cr", "tab", "ptab"})
_NO_FORMAT = frozenset({"lang", "noProof", "rPrChange"})
_MARKS = frozenset(
    {"drawing", "pict", "object", "footnoteReference", "endnoteReference", "commentReference", "fldChar", "sym"}
    | {"noBreakHyphen", "softHyphen"}
)
"""What stands between two texts without being text."""
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

_Texts = list[Any]
"""Elements of text that look alike and follow each other."""


def docx_document(name: str, content: bytes) -> Document:
    archive = Archive(name, content, kind=_KIND)
    roots = {file: xml(archive, file) for file in _files(archive)}
    groups = [
        group
        for root in roots.values()
        for paragraph in root.iter()
        if local(paragraph) == "p"
        for group in _segments(paragraph)
    ]

    def write(texts: Sequence[Sequence[str]]) -> bytes:
        for group, new in zip(groups, texts, strict=True):
            for elements, text in zip(group, new, strict=True):
                _put(elements, text)
        return archive.packed({file: to_xml(root) for file, root in roots.items()})

    paragraphs = [Paragraph([_stretch(same) for same in group]) for group in groups]
    return Document(paragraphs=paragraphs, write=write)


def _stretch(same: _Texts) -> Stretch:
    return Stretch("".join(each.text or "" for each in same), look=_look(same[0]))


def _files(archive: Archive) -> list[str]:
    """Those with text, the document itself first."""
    types = xml(archive, "[Content_Types].xml")
    found = [
        str(each.get("PartName", "")).lstrip("/")
        for end in _PARTS
        for each in types
        if local(each) == "Override" and str(each.get("ContentType", "")).endswith(end)
    ]
    if not found:
        raise DataError(
            f"{archive.name} must be {_KIND}, as its name says, but names no document inside. Save it anew."
        )
    return found


def _segments(paragraph: Any) -> Iterator[list[_Texts]]:
    """The text between two tabs or line breaks, in stretches of one formatting."""
    group: list[_Texts] = []
    before: tuple[Any, ...] | None = None
    for element in _inside(paragraph):
        name = local(element)
        if name == "t":
            look = _look(element)
            if look == before:
                group[-1].append(element)
            else:
                group.append([element])
            before = look
        elif name in _BREAKS and local(element.getparent()) == "r":
            if group:
                yield group
            group, before = [], None
        elif name in _MARKS:  # it keeps its place between them
            before = None
    if group:
        yield group


def _inside(element: Any) -> Iterator[Any]:
    """Everything below it, but for the paragraphs of boxes and what was deleted."""
    for child in element:
        if local(child) in ("p", "del", "moveFrom", "oMath", "oMathPara", "rt"):
            continue
        yield child
        yield from _inside(child)


def _look(text: Any) -> tuple[Any, ...]:
    """What tells its formatting from another's: how its run is set, and the link it is in."""
    run = text.getparent()
    found = next((child for child in run if local(child) == "rPr"), ())
    setting = [(local(each), *sorted((str(key), str(value)) for key, value in each.attrib.items())) for each in found]
    return (run.getparent(), *(each for each in setting if each[0] not in _NO_FORMAT))


def _put(elements: _Texts, text: str) -> None:
    for element in elements:
        element.text = None
    elements[0].text = writable(text) or None
    elements[0].set(_SPACE, "preserve")

"""Which documents there are, by the endings of their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from seqloom.core.errors import DataError
from seqloom.serve.documents.document import Document
from seqloom.serve.documents.docx import docx_document
from seqloom.serve.documents.hypertext import hypertext_document
from seqloom.serve.documents.odt import odt_document
from seqloom.serve.documents.subtitles import subtitles_document
from seqloom.serve.documents.text import text_document

__all__ = ["ENDINGS", "LARGEST", "TYPES", "opened", "translated"]

LARGEST = 16 << 20
"""Bytes of a document."""

_READERS: Mapping[str, Callable[[str, bytes], Document]] = {
    ".txt": text_document,
    ".html": hypertext_document,
    ".htm": hypertext_document,
    ".srt": subtitles_document,
    ".docx": docx_document,
    ".odt": odt_document,
}
ENDINGS: Sequence[str] = (*_READERS,)
TYPES: Mapping[str, str] = {
    ".txt": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".srt": "application/x-subrip",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".odt": "application/vnd.oasis.opendocument.text",
}
"""What a browser calls them."""


def opened(name: str, content: bytes) -> Document:
    """The document; a DataError where it is not what its name says, or too large."""
    reader = _READERS.get(PurePath(name).suffix.lower())
    if reader is None:
        raise DataError(f"the name of a document must end in one of {', '.join(ENDINGS)}, but is {name}.")
    if len(content) > LARGEST:
        raise DataError(
            f"{name} must have at most {LARGEST >> 20} MiB, but has {len(content) / (1 << 20):.1f}. Part it."
        )
    return reader(name, content)


def translated(name: str, content: bytes, translate: Callable[[Sequence[str]], Sequence[str]]) -> bytes:
    """The same document in another language. ``translate`` gets every text once."""
    document = opened(name, content)
    return document.written(translate(document.texts))

"""A document as whoever translates it sees it: texts to ask for, and a place for each of the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from seqloom.serve.documents.paragraph import Paragraph

__all__ = ["Document"]


@dataclass(frozen=True, kw_only=True)
class Document:
    """Asking stands between reading and writing, so that it may be done in whatever way, and at whatever time."""

    paragraphs: Sequence[Paragraph]
    write: Callable[[Sequence[Sequence[str]]], bytes]
    """The file, given the new text of each stretch of each paragraph; called once."""

    @cached_property
    def texts(self) -> Sequence[str]:
        """What is to be translated, each by itself; what stands there twice is asked for once."""
        return [*dict.fromkeys(text for paragraph in self.paragraphs for text in paragraph.texts)]

    def written(self, translations: Sequence[str]) -> bytes:
        """The file with these in place of ``texts``."""
        said = dict(zip(self.texts, translations, strict=True))
        return self.write([paragraph.written(said) for paragraph in self.paragraphs])

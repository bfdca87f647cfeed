"""Plain text: its lines, indentation and marks of lists stay."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from seqloom.core.errors import DataError
from seqloom.data.encodings import encoding_of, guess_encoding, guess_wide
from seqloom.data.sentences import cut_layout, join_answers
from seqloom.serve.documents.document import Document
from seqloom.serve.documents.paragraph import Paragraph, Stretch

__all__ = ["decoded", "encoded", "text_document", "text_of"]

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def text_document(name: str, content: bytes) -> Document:
    return text_of(decoded(name, content), like=content)


def text_of(text: str, *, like: bytes = b"") -> Document:
    """Of a text that was a file ``like`` this."""
    pieces = cut_layout(text)

    def write(texts: Sequence[Sequence[str]]) -> bytes:
        answers = ["".join(each) for each in texts]
        joined = join_answers([piece.text for piece in pieces], answers, [piece.before for piece in pieces])
        return encoded(joined, like=like)

    return Document(paragraphs=[Paragraph([Stretch(piece.text)]) for piece in pieces], write=write)


def decoded(name: str, content: bytes) -> str:
    """Its text, whichever encoding that is in; a DataError where it is no text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise _no_text(name, f"does not go on as {encoding.upper()}, which its first bytes promise") from None
    guessed = guess_wide(content) if b"\0" in content else guess_encoding(content.split(b"\n"))
    if guessed is None:
        raise _no_text(name, "reads as text in no encoding that is known here")
    try:
        return encoding_of(guessed).decode(content)
    except UnicodeDecodeError:
        raise _no_text(name, f"begins as text in {guessed} and does not go on so") from None


def encoded(text: str, *, like: bytes) -> bytes:
    """As UTF-8, which has the letters of every language, with a mark before it where there was one."""
    mark = codecs.BOM_UTF8 if like.startswith(tuple(mark for mark, _ in _MARKS)) else b""
    return mark + text.encode("utf-8", "replace")


def _no_text(name: str, what: str) -> DataError:
    return DataError(f"{name} must be text, as its name says, but {what}. Save it as UTF-8.")

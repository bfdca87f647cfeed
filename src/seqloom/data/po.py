"""gettext: PO, as translators have it, and MO, as programs read it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from seqloom.core.errors import DataError
from seqloom.data.fields import Record
from seqloom.data.rows import BadLine

__all__ = ["PO", "mo_records", "po_charset", "po_records"]

PO = ("source", "target", "context", "comment", "reference")
"""What an entry has."""

_KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d+)\])?)\s+"(.*)"\s*$')
_MORE = re.compile(r'"(.*)"\s*$')
_ESCAPE = re.compile(r'\\(?:([abfnrtv\\"\'?])|x([0-9A-Fa-f]{1,2})|([0-7]{1,3}))')
_KEYS = {"msgctxt": "context", "msgid": "source", "msgid_plural": "plural"}
_MEANS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CHARSET = re.compile(rb"charset=([\w.:+-]+)", re.IGNORECASE)
_MAGIC = (0x950412DE, 0xDE120495)
_UNUSUAL = frozenset({b"CHARSET"})
"""What a template says before anybody has filled it in."""


def po_charset(start: bytes) -> str | None:
    """The encoding that the header names."""
    found = _CHARSET.search(start)
    return found[1].decode("ascii") if found and found[1] not in _UNUSUAL else None


@dataclass(slots=True)
class _Entry:
    line: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    """By keyword; the forms of a plural are "0", "1" …"""
    comments: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    fuzzy: bool = False
    obsolete: bool = False
    fault: str = ""

    @property
    def ends(self) -> bool:
        """Whether whatever begins now belongs to the next."""
        return "0" in self.texts or bool(self.fault)


def po_records(file: str, lines: Iterable[str | BadLine]) -> Iterator[Record | BadLine]:
    """A record an entry, and one for each form of a plural; the header is none."""
    entry, last = _Entry(), ""
    for number, line in enumerate(lines, start=1):
        if isinstance(line, BadLine):
            entry.fault = entry.fault or line.what
            entry.line = entry.line or number
            continue
        text = line.strip()
        obsolete = text.startswith("#~")
        if obsolete:
            text = text[2:].lstrip()
            if text.startswith("|"):
                continue
        begins = text.startswith(("#", "msgctxt", "msgid")) and not text.startswith("msgid_plural")
        if entry.ends and (begins or not text):
            yield from _records(file, entry)
            entry, last = _Entry(), ""
        if not text:
            continue
        entry.line = entry.line or number
        if text.startswith("#") and not obsolete:
            _comment(entry, text)
        elif found := _KEYWORD.match(text):
            last = _key(found[1], found[2])
            if last in entry.texts:
                entry.fault = entry.fault or f"a second `{found[1]}` in one entry"
            entry.line = number if last == "source" and not entry.fault else entry.line
            entry.texts[last] = _unescaped(found[3])
            entry.obsolete |= obsolete
        elif last and (found := _MORE.match(text)):
            entry.texts[last] += _unescaped(found[1])
        else:
            entry.fault = entry.fault or "expected a keyword such as msgid and a text in double quotes, found neither"
            entry.texts.setdefault("source", text)
    yield from _records(file, entry)


def _key(keyword: str, form: str | None) -> str:
    return _KEYS.get(keyword) or form or "0"


def _comment(entry: _Entry, text: str) -> None:
    kind, rest = text[1:2], text[2:].strip()
    if kind == ",":
        entry.fuzzy |= "fuzzy" in [flag.strip() for flag in rest.split(",")]
    elif kind == ".":
        entry.comments.append(rest)
    elif kind == ":":
        entry.places.append(rest)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda found: (
            _MEANS.get(found[1], found[1]) if found[1] else chr(int(found[2], 16) if found[2] else int(found[3], 8))
        ),
        text,
    )


def _records(file: str, entry: _Entry) -> Iterator[Record | BadLine]:
    texts = entry.texts
    if entry.fault or (texts and not {"source", "0"} <= texts.keys()):
        what = entry.fault or f"an entry without {'msgid' if 'source' not in texts else 'msgstr'}"
        yield BadLine(file=file, line=entry.line, what=what, text=texts.get("source", ""))
        return
    if not texts or (not texts["source"] and "context" not in texts):
        return
    extras = {"context": texts["context"]} if "context" in texts else {}
    if entry.comments:
        extras["comment"] = " ".join(entry.comments)
    if entry.places:
        extras["reference"] = " ".join(entry.places)
    why = "obsolete" if entry.obsolete else "marked as fuzzy" if entry.fuzzy else ""
    forms = [texts[form] for form in sorted((key for key in texts if key.isdigit()), key=int)]
    yield from _forms(texts["source"], texts.get("plural"), forms, extras, entry.line, why)


def _forms(
    singular: str, plural: str | None, forms: list[str], extras: dict[str, str], line: int, why: str
) -> Iterator[Record]:
    """An entry, or each form of its plural: the first is that of the singular where a language has several."""
    values: dict[str, tuple[str, ...]] = {name: (extras[name],) for name in PO if name in extras}
    if plural is None:
        said = {**values, "source": (singular,), "target": tuple(forms[:1])}
        yield Record(values=said, line=line, extras=extras, left_out=why)
        return
    for number, form in enumerate(forms):
        source = singular if number == 0 and len(forms) > 1 else plural
        more = {**extras, "singular": singular, "plural": plural, "form": str(number)}
        yield Record(values={**values, "source": (source,), "target": (form,)}, line=line, extras=more, left_out=why)


# ---- MO --------------------------------------------------------------------------------------------------------------


def mo_records(file: str, data: bytes) -> Iterator[Record]:
    """The entries of a compiled catalogue, each with its number as its line."""
    order = next(
        (sign for sign in "<>" if data[:4] and struct.unpack(f"{sign}I", data[:4].ljust(4, b"\0"))[0] == _MAGIC[0]), ""
    )
    if not order:
        raise DataError(
            f"{file} must be an MO file, as its name says, but is none. Name the PO file that it was made of."
        )
    try:
        number, ours, theirs = struct.unpack_from(f"{order}3I", data, 8)
        if number > len(data) // 16:
            raise struct.error
        texts = [(_text(data, order, ours, place), _text(data, order, theirs, place)) for place in range(number)]
    except struct.error:
        raise DataError(f"{file}: its end is missing. Copy it again, or make it anew with `msgfmt`.") from None
    header = next((said for name, said in texts if not name), b"")
    charset = po_charset(header) or "utf-8"
    for place, (name, said) in enumerate(texts, start=1):
        if not name:
            continue
        try:
            key, translated = name.decode(charset), said.decode(charset)
        except (UnicodeDecodeError, LookupError):
            raise DataError(f"{file}: entry {place} must be {charset}, as its header says, but is not.") from None
        context, found, key = key.rpartition("\4")
        extras = {"context": context} if found else {}
        singular, has_plural, plural = key.partition("\0")
        yield from _forms(singular, plural if has_plural else None, translated.split("\0"), extras, place, "")


def _text(data: bytes, order: str, table: int, place: int) -> bytes:
    length, offset = struct.unpack_from(f"{order}2I", data, table + 8 * place)
    if offset + length > len(data):
        raise struct.error
    return data[offset : offset + length]

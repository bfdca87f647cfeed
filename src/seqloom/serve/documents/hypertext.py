"""HTML, whole pages and single fragments: what is no text stays to the letter."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from seqloom.core.errors import DataError
from seqloom.serve.documents.document import Document
from seqloom.serve.documents.paragraph import Paragraph, Stretch
from seqloom.serve.documents.text import decoded, encoded

__all__ = ["fragment_document", "hypertext_document"]

# A quotation mark or a "<" is looked at once each: no page takes longer to read than it is long.
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<[!?][^<>]*+>"
    r"""|</?(?P<tag>[a-zA-Z][^\s/>"'<]*+)(?:[^<>"']|"[^"]*+"|'[^']*+')*+>"""
    r"|(?P<text><?[^<]*+)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""(?<=\s)(?P<name>[^\s=<>"'/]++)\s*+=\s*+(?:"(?P<one>[^"]*+)"|'(?P<two>[^']*+)')""")
_SHOWN = frozenset({"title", "alt", "placeholder", "aria-label"})
_INLINE = frozenset(
    {
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    }
)
"""What may stand inside a sentence."""
_EMPTY = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_RAW = frozenset({"script", "style"})
_CODE = frozenset({"code", "kbd", "samp", "var"})
_UNTOUCHED = (
    _RAW
    | _CODE
    | frozenset({"pre", "textarea", "svg", "math", "template", "iframe", "object", "noembed", "plaintext", "xmp"})
)
_UTF_8 = re.compile(r"""(<meta\s[^<>]*?charset\s*+=\s*+["']?)[\w.:-]++""", re.IGNORECASE)
_CHARSET = re.compile(rb"""<meta\s[^<>]*?charset\s*+=\s*+["']?([\w.:-]++)""", re.IGNORECASE)
_HEAD = 4096
_DEEPEST = 100
"""Inline elements in each other that are told apart."""
_BLANK = " \t\n\r\f"
"""What a browser shows as one space."""
_SPACE = re.compile(f"[{_BLANK}]+")


@dataclass(slots=True)
class _Token:
    """A tag or a comment as it is written, or text."""

    raw: str
    text: bool = False
    fixed: bool = False
    look: tuple[int, ...] = ()
    """The elements of the sentence that it is in."""


def hypertext_document(name: str, content: bytes) -> Document:
    page = _read(name, content)
    if "\0" in page or not re.search(r"<[!a-zA-Z]", page):
        raise DataError(f"{name} must be HTML, as its name says, but has no tag. Save it as HTML, or name it .txt.")
    return _document(_UTF_8.sub(r"\1utf-8", page[:_HEAD]) + page[_HEAD:], like=content)


def fragment_document(fragment: str) -> Document:
    """Of a text that is HTML or plain."""
    return _document(fragment, like=b"")


def _read(name: str, content: bytes) -> str:
    """In the encoding that it says it is in, where it can be read in that."""
    said = _CHARSET.search(content[:_HEAD])
    if said:
        try:
            return content.decode(said[1].decode("ascii").lower())
        except (LookupError, UnicodeDecodeError):
            pass
    return decoded(name, content)


def _document(page: str, *, like: bytes) -> Document:
    tokens = [*_joined(_tokens(page))]
    _look(tokens)
    groups = [*_paragraphs(tokens)]
    stretches = {number: _stretch(tokens[number]) for group in groups for number in group}
    paragraphs = [Paragraph([stretches[number] for number in group]) for group in groups]
    attributes = [
        (number, found)
        for number, token in enumerate(tokens)
        if not token.text and not token.fixed
        for found in _ATTRIBUTE.finditer(token.raw)
        if token.raw[:2] not in ("<!", "<?") and found["name"].lower() in _SHOWN
    ]
    paragraphs += [Paragraph([Stretch(html.unescape(found["one"] or found["two"] or ""))]) for _, found in attributes]

    def write(texts: Sequence[Sequence[str]]) -> bytes:
        written = [token.raw for token in tokens]
        for group, new in zip(groups, texts[: len(groups)], strict=True):
            for number, text in zip(group, new, strict=True):
                if text != stretches[number].text:
                    written[number] = _spaced(tokens[number].raw, html.escape(text, quote=False))
        # From the last to the first, so that places in a tag hold.
        for (number, found), new in reversed([*zip(attributes, texts[len(groups) :], strict=True)]):
            start, end = found.span("one" if found["one"] is not None else "two")
            tag = written[number]
            written[number] = tag[:start] + html.escape("".join(new)) + tag[end:]
        return encoded("".join(written), like=like)

    return Document(paragraphs=paragraphs, write=write)


def _stretch(token: _Token) -> Stretch:
    return Stretch(_SPACE.sub(" ", html.unescape(token.raw)), token.fixed, token.look)


def _spaced(old: str, new: str) -> str:
    """With the line breaks and indentation that stood where it has a space: to a reader they are one."""
    before, bare, behind = _parted(old)
    lead, words, tail = _parted(new)
    if not bare:
        return old if new else ""
    return (lead and (before or lead)) + words + (tail and (behind or tail))


def _parted(text: str) -> tuple[str, str, str]:
    """The space before it, itself, and the space behind it."""
    begun = text.lstrip(_BLANK)
    bare = begun.rstrip(_BLANK)
    return text[: len(text) - len(begun)], bare, begun[len(bare) :]


def _tokens(page: str) -> Iterator[_Token]:
    untouched, depth, at = "", 0, 0
    while at < len(page):
        found = _TOKEN.match(page, at)
        assert found is not None  # anything is text
        at = found.end()
        raw, tag = found[0], (found["tag"] or "").lower()
        closes = raw.startswith("</")
        if untouched:
            depth += (tag == untouched) * (-1 if closes else 1)
            inline = untouched in _INLINE
            yield _Token(raw, text=found["text"] is not None and inline, fixed=True)
            untouched = untouched if depth else ""
            continue
        yield _Token(raw, text=found["text"] is not None)
        kept = tag in _UNTOUCHED or _is_kept(raw)
        if tag and kept and not closes and tag not in _EMPTY and not raw.endswith("/>"):
            untouched, depth = tag, 1
            if tag in _RAW:  # in which "<" is no tag but its own end
                end = re.compile(rf"</{tag}\b", re.IGNORECASE).search(page, at)
                stop = end.start() if end else len(page)
                yield _Token(page[at:stop], fixed=True)
                at = stop


def _look(tokens: Sequence[_Token]) -> None:
    """Which inline elements are open where."""
    opened: list[tuple[str, int]] = []
    for number, token in enumerate(tokens):
        if token.text:
            token.look = tuple(place for _, place in opened)
            continue
        found = _TOKEN.match(token.raw)
        tag = (found["tag"] or "").lower() if found else ""
        if tag and tag not in _INLINE:
            opened.clear()
        elif token.raw.startswith("</"):
            place = next((place for place in reversed(range(len(opened))) if opened[place][0] == tag), None)
            del opened[len(opened) if place is None else place :]
        elif tag and tag not in _EMPTY and not token.raw.endswith("/>") and len(opened) < _DEEPEST:
            opened.append((tag, number))


def _joined(tokens: Iterable[_Token]) -> Iterator[_Token]:
    """Text in one token, also where it has a "<" that begins no tag."""
    text: _Token | None = None
    for token in tokens:
        if text is not None and token.text and token.fixed == text.fixed:
            text.raw += token.raw
            continue
        if text is not None:
            yield text
            text = None
        if token.text:
            text = token
        else:
            yield token
    if text is not None:
        yield text


def _is_kept(tag: str) -> bool:
    """Whether its author said that it is not to be translated."""
    if "translate" not in tag:
        return False
    said = {found["name"].lower(): found["one"] or found["two"] or "" for found in _ATTRIBUTE.finditer(tag)}
    return said.get("translate", "").lower() == "no" or "notranslate" in said.get("class", "").split()


def _paragraphs(tokens: Sequence[_Token]) -> Iterator[list[int]]:
    """The text tokens between two tags that no sentence goes on behind."""
    group: list[int] = []
    for number, token in enumerate(tokens):
        if token.text:
            group.append(number)
        elif _ends_a_sentence(token.raw):
            if group:
                yield group
            group = []
    if group:
        yield group


def _ends_a_sentence(raw: str) -> bool:
    found = _TOKEN.match(raw)
    return found is not None and bool(found["tag"]) and found["tag"].lower() not in _INLINE

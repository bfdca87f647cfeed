"""Where sentences end: just well enough to cut what is too long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from seqloom.core.scripts import has_unspaced

__all__ = ["Piece", "cut_layout", "cut_sentences", "gap_between", "group", "join_answers"]

_CLOSERS = "\"'”’»)\\]」』）】"
_ABBREVIATIONS = "Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|e\\.g|i\\.e|No|Nr|bzw|ca|z\\.B|d\\.h|M|Mme|Mlle|cf"
# Each run of signs or spaces is looked at once, however long it is: nothing here is tried again from its middle.
_END = re.compile(
    rf"[。！？…]++[{_CLOSERS}]*+\s*+"
    # A full stop only where a space follows, and no small letter, initial or abbreviation says otherwise.
    rf"|(?<![.!?])[.!?]++[{_CLOSERS}]*+(?:\s++(?=[^\sa-zà-öø-ÿа-я])|\s*+$)"
    r"|(?<![^\S\n])[^\S\n]*+\n\s*+"
)
_NO_END = re.compile(rf"(?:^|[\s(])(?:{_ABBREVIATIONS}|[A-Z])\.$")
_LONGEST = 8
"""More characters than any of them has, with what stands before it."""
_BREAK = re.compile(r"\r?\n")
_LEAD = re.compile(r"\s*(?:(?:[-*+\u2022\u2023\u00b7\u2013\u2014]|\(?[0-9]{1,3}[.)]|\(?[a-z]\)|#{1,6}|>+)\s+)*")
"""Indentation, and marks of lists, headings and quotations."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a text is answered by itself."""

    text: str
    """Empty where nothing is: the layout behind all others."""
    before: str | None = ""
    """The layout before it, kept as it is; None: it goes on in the line, as the script of the answers has it."""


def cut_layout(text: str) -> list[Piece]:
    """The sentences of a document. Line breaks, blank lines, indentation and marks of lists are layout."""
    pieces: list[Piece] = []
    layout = ""
    for line, end in _lines(text):
        lead = _LEAD.match(line)
        before = lead[0] if lead else ""
        said = line[len(before) :].rstrip()
        layout += before
        for number, sentence in enumerate(cut_sentences(said)):
            pieces.append(Piece(sentence.rstrip(), None if number else layout))
            layout = ""
        layout += line[len(before) + len(said) :] + end
    return [*pieces, Piece("", layout)] if layout else pieces


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Each line and what ends it."""
    ends = [(0, 0), *(found.span() for found in _BREAK.finditer(text)), (len(text), len(text))]
    for (_, start), (end, after) in pairwise(ends):
        yield text[start:end], text[end:after]


def cut_sentences(text: str) -> list[str]:
    """The sentences, each with the white space behind it: together they are the text."""
    sentences, start = [], 0
    for found in _END.finditer(text):
        last = text[max(start, found.start() - _LONGEST) : found.end()].rstrip()
        if found.end() > start and not (found.end() < len(text) and _NO_END.search(last)):
            sentences.append(text[start : found.end()])
            start = found.end()
    return [*sentences, text[start:]] if start < len(text) else sentences


def group(number: int, *, fits: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """As few stretches of ``number`` sentences as fit, cut greedily; one that does not fit alone stands alone."""
    stretches: list[tuple[int, int]] = []
    start = 0
    for end in range(1, number + 1):
        if end == number or not fits(start, end + 1):
            stretches.append((start, end))
            start = end
    return stretches


def join_answers(parts: Sequence[str], answers: Sequence[str], befores: Sequence[str | None] = ()) -> str:
    """What was answered to each part, in one: line breaks as in the source, spaces as the answers' script has them.

    ``befores`` are the pieces' own; a part that goes on in a piece has None.
    """
    text = ""
    for number, answer in enumerate(answers):
        before = befores[number] if befores else None
        if before is not None:
            text += before
        elif number:
            gap = parts[number - 1][len(parts[number - 1].rstrip()) :]
            text += gap if "\n" in gap else gap_between(text, answer)
        text += answer
    return text


def gap_between(before: str, behind: str) -> str:
    """What stands between two sentences of one line: nothing where the script of either has no spaces."""
    together = not before or not behind or has_unspaced(before[-1] + behind[0])
    return "" if together else " "

"""SubRip subtitles (.srt): numbers and times stay, a cue of two lines gets two lines again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from seqloom.core.errors import DataError
from seqloom.data.sentences import gap_between
from seqloom.serve.documents.document import Document
from seqloom.serve.documents.paragraph import Paragraph, Stretch
from seqloom.serve.documents.text import decoded, encoded

__all__ = ["subtitles_document"]

_TIMES = re.compile(r"[ \t]*\d+:\d\d:\d\d[,.]\d{1,3}[ \t]*-->[ \t]*\d+:\d\d:\d\d[,.]\d{1,3}[^\n]*")
_TAG = re.compile(r"(</?[a-zA-Z][^<>\n]*>|\{\\[^{}\n]*\})")
_KEPT = re.compile(rf"({_TAG.pattern[1:-1]}|(?:^|(?<=[>}}]))\s*[-–—]\s*)")
"""Tags, and the dash of a speaker, which few models say again."""
_MOST = 8
"""Lines of a cue that may be one sentence; of more, each is."""
_SPEAKER = re.compile(r"(?:<[^<>]*>|\{[^{}]*\})*\s*[-–—]")


@dataclass(frozen=True, slots=True)
class _Speech:
    """What is said in one go: a cue, or of two speakers each one's line."""

    first: int
    """Its place among the lines of the file."""
    lines: Sequence[str]
    parts: Sequence[str]
    """Text and what stays by turns, what stays at odd places."""


def subtitles_document(name: str, content: bytes) -> Document:
    lines = [line.removesuffix("\r") for line in decoded(name, content).split("\n")]
    times = [number for number, line in enumerate(lines) if _TIMES.fullmatch(line)]
    if not times and any(line.strip() for line in lines):
        raise DataError(
            f"{name} must be SubRip subtitles, as its name says, but has no line of times such as "
            "`00:00:01,000 --> 00:00:02,500`. Save it as SRT."
        )
    speeches = [speech for number in times for speech in _speeches(lines, number + 1)]
    end = "\r\n" if b"\r\n" in content else "\n"

    def write(texts: Sequence[Sequence[str]]) -> bytes:
        written: dict[int, list[str]] = {}
        for speech, new in zip(speeches, texts, strict=True):
            parts = [*speech.parts]
            parts[::2] = new
            written[speech.first] = _broken("".join(parts), [_TAG.sub("", line) for line in speech.lines])
            written.update({speech.first + more: [] for more in range(1, len(speech.lines))})
        every = (line for number, old in enumerate(lines) for line in written.get(number, [old]))
        return encoded(end.join(every), like=content)

    paragraphs = [Paragraph([Stretch(text) for text in speech.parts[::2]]) for speech in speeches]
    return Document(paragraphs=paragraphs, write=write)


def _speeches(lines: Sequence[str], first: int) -> list[_Speech]:
    """Those of the cue whose text begins at this line."""
    last = first
    while last < len(lines) and lines[last].strip() and not _TIMES.fullmatch(lines[last]):
        last += 1
    if last == first:
        return []
    apart = last - first > _MOST
    starts = [number for number in range(first, last) if number == first or apart or _SPEAKER.match(lines[number])]
    found = []
    for start, end in zip(starts, [*starts[1:], last], strict=True):
        several = [line.strip() for line in lines[start:end]]
        text = several[0]
        for before, line in pairwise(several):
            text += gap_between(_TAG.sub("", before), _TAG.sub("", line)) + line
        found.append(_Speech(start, several, _KEPT.split(text)))
    return found


def _broken(text: str, old: Sequence[str]) -> list[str]:
    """In as many lines as before, about as long to each other as they were."""
    total = sum(map(len, old)) or 1
    visible = len(_TAG.sub("", text))
    lines: list[str] = []
    for number in range(len(old) - 1):
        wanted = visible * sum(map(len, old[: number + 1])) / total - sum(len(_TAG.sub("", line)) for line in lines)
        places = _breaks(text)
        if not places:
            break
        at, _ = min(places, key=lambda each: abs(each[1] - wanted))
        lines.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*lines, text]


def _breaks(text: str) -> list[tuple[int, int]]:
    """Where a line may end, in the text and in what is seen of it: at spaces, or between two characters of a script
    without."""
    found, seen, at = [], 0, 0
    for part in _TAG.split(text):
        if not _TAG.fullmatch(part):
            for number, character in enumerate(part):
                before = part[number - 1 : number]
                words = character.isalnum() and before and not before.isspace()
                if seen and (character.isspace() or (words and not gap_between(before, character))):
                    found.append((at + number, seen))
                seen += 1
        at += len(part)
    return found

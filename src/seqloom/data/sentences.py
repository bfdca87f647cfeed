"""Where sentences end: just well enough to cut what is too long."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from seqloom.core.scripts import UNSPACED

__all__ = ["cut_sentences", "group", "join_answers"]

_CLOSERS = "\"'”’»)\\]」』）】"
_ABBREVIATIONS = "Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|e\\.g|i\\.e|No|Nr|bzw|ca|z\\.B|d\\.h|M|Mme|Mlle|cf"
_END = re.compile(
    rf"[。！？…]+[{_CLOSERS}]*\s*"
    # A full stop only where a space follows, and no small letter, initial or abbreviation says otherwise.
    rf"|[.!?]+[{_CLOSERS}]*(?:\s+(?=[^\sa-zà-öø-ÿа-я])|\s*$)"
    r"|\s*\n\s*"
)
_NO_END = re.compile(rf"(?:^|[\s(])(?:{_ABBREVIATIONS}|[A-Z])\.$")
_UNSPACED = re.compile(f"[{UNSPACED}]")


def cut_sentences(text: str) -> list[str]:
    """The sentences, each with the white space behind it: together they are the text."""
    sentences, start = [], 0
    for found in _END.finditer(text):
        if found.end() > start and not (found.end() < len(text) and _NO_END.search(text[start : found.end()].rstrip())):
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


def join_answers(parts: Sequence[str], answers: Sequence[str]) -> str:
    """What was answered to each part, in one: line breaks as in the source, spaces as the answers' script has them."""
    text = ""
    for number, answer in enumerate(answers):
        if number:
            gap = parts[number - 1][len(parts[number - 1].rstrip()) :]
            together = not text or not answer or _UNSPACED.match(text[-1]) or _UNSPACED.match(answer[0])
            text += gap if "\n" in gap else "" if together else " "
        text += answer
    return text

"""A paragraph in stretches of one formatting each: what is asked of it, and how the answer goes back into them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from seqloom.data.sentences import cut_sentences, gap_between
from seqloom.serve.documents.placing import places

__all__ = ["Paragraph", "Stretch"]

_ENDS = " .,;:!?…。，、；：！？"
_MOST = 64
"""Parts of a sentence that are looked for in it: beyond it every word is formatted for itself."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text of one formatting. Between two stretches may stand what is no text: a picture, the number of a note."""

    text: str
    fixed: bool = False
    """It is code or a name, and stays as it is wherever it comes to stand."""
    look: Hashable = None
    """Its formatting: that of most of a paragraph is what others stand out from."""


@dataclass(frozen=True, slots=True)
class _Part:
    """As much of a sentence as one stretch has."""

    stretch: int
    text: str
    fixed: bool
    marked: bool
    """It stands out from the others."""

    @property
    def asked(self) -> str:
        return "" if self.fixed or not _says_something(self.text) else self.text.strip()

    def alone(self, said: Mapping[str, str]) -> str:
        """How it is said by itself, with the space around it."""
        bare = self.text.strip()
        if not bare or not self.asked:
            return self.text
        start = self.text.index(bare)
        # What ends a sentence is said of a part only where the part has it.
        answer = said[bare] if bare[-1] in _ENDS else said[bare].rstrip(_ENDS)
        return self.text[:start] + answer + self.text[start + len(bare) :]


class Paragraph:
    """Each of its sentences is translated whole, for a part of one has no grammar; what stands out in it is translated
    too, to see by that where in the whole it is: there its formatting goes."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self._stretches = stretches
        self._sentences = [*_sentences(stretches)]

    @property
    def texts(self) -> Iterator[str]:
        """What must be translated to write it."""
        for parts in self._sentences:
            whole = _text(parts)
            if _says_something(whole) and not all(part.fixed for part in parts if part.text.strip()):
                yield whole.strip()
                yield from filter(None, (part.asked for part in _sought(parts)))

    def written(self, said: Mapping[str, str]) -> list[str]:
        """The new text of each stretch, in the order of the old ones."""
        texts = [""] * len(self._stretches)
        before = ""
        for number, parts in enumerate(self._sentences):
            new = _translated(parts, said)
            last = number == len(self._sentences) - 1
            old = _text(parts)
            tail = old[len(old.rstrip()) :]
            now = "".join(new)
            if number:
                texts[self._sentences[number - 1][-1].stretch] += gap_between(before, now)
            for part, text in zip(parts, new, strict=True):
                texts[part.stretch] += text
            if last:
                texts[parts[-1].stretch] += tail
            before = now or before
        return texts


def _sentences(stretches: Sequence[Stretch]) -> Iterator[list[_Part]]:
    """The parts of each sentence; the space behind it belongs to its last part."""
    looks = Counter[Hashable]()
    for each in stretches:
        looks[each.look] += len(each.text)
    usual = max(looks, key=lambda look: looks[look], default=None)
    waiting = deque(_Part(number, each.text, each.fixed, each.look != usual) for number, each in enumerate(stretches))
    for sentence in cut_sentences("".join(each.text for each in stretches)):
        parts, missing = [], len(sentence)
        while missing:
            part = waiting.popleft()
            parts.append(replace(part, text=part.text[:missing]))
            if rest := part.text[missing:]:
                waiting.appendleft(replace(part, text=rest))
            missing -= min(missing, len(part.text))
        yield parts


def _sought(parts: Sequence[_Part]) -> Sequence[_Part]:
    """Those that must be found in the translation of the whole: all that stand out, and of others what is behind a
    mark without text. Where code may get lost, or too much stands out, every part may be needed by itself."""
    there = [part for part in parts if part.text.strip()]
    if len(there) < 2:
        return ()
    if len(there) > _MOST or any(part.fixed for part in there):
        return there
    beside = {id(part) for pair in pairwise(there) if not pair[0].marked and not pair[1].marked for part in pair}
    return [part for part in there if part.marked or id(part) in beside]


def _text(parts: Sequence[_Part]) -> str:
    return "".join(part.text for part in parts)


def _says_something(text: str) -> bool:
    """Numbers and signs are the same in every language."""
    return any(character.isalpha() for character in text)


def _translated(parts: Sequence[_Part], said: Mapping[str, str]) -> list[str]:
    """The new text of each part, without the space behind the sentence."""
    old = _text(parts)
    core = old.strip()
    there = [number for number, part in enumerate(parts) if part.text.strip()]
    if core not in said or all(parts[number].fixed for number in there):
        return _without_end([part.text for part in parts])
    lead = old[: len(old) - len(old.lstrip())]
    whole = said[core]
    new = [""] * len(parts)
    if len(there) == 1:
        new[there[0]] = lead + whole
        return new
    if len(there) > _MOST:
        return _without_end([part.alone(said) for part in parts])
    # Formatting of space alone is seen by nobody: it goes with the words before it.
    words = ["".join(part.text for part in parts[start:end]) for start, end in _ranges(there, len(parts))]
    words[0], words[-1] = words[0].lstrip(), words[-1].rstrip()
    fixed = [parts[number].fixed for number in there]
    sought = {id(part) for part in _sought(parts)}
    alone = [_alone(part, said) if id(part) in sought else "" for part in (parts[number] for number in there)]
    marked = [parts[number].marked or parts[number].fixed for number in there]
    found = places(words, alone, whole, fixed=fixed, marked=marked)
    kept = (
        whole[start:end].strip() == text for (start, end), text, stays in zip(found, alone, fixed, strict=True) if stays
    )
    if not all(kept):
        return _without_end([part.alone(said) for part in parts])
    for number, (start, end) in zip(there, found, strict=True):
        new[number] = whole[start:end]
    new[there[0]] = lead + new[there[0]]
    for number, part in enumerate(parts):
        # … but a line below words should end with them.
        if number not in there and number and part.text and (space := _end_of(new[number - 1])):
            new[number - 1], new[number] = new[number - 1][: -len(space)], space
    return new


def _alone(part: _Part, said: Mapping[str, str]) -> str:
    """What to look for in the whole."""
    return part.text.strip() if part.fixed or not part.asked else said[part.asked].strip(_ENDS)


def _ranges(there: Sequence[int], number: int) -> Iterator[tuple[int, int]]:
    for place, start in enumerate(there):
        yield start if place else 0, there[place + 1] if place + 1 < len(there) else number


def _end_of(text: str) -> str:
    return text[len(text.rstrip()) :]


def _without_end(texts: list[str]) -> list[str]:
    for number in reversed(range(len(texts))):
        texts[number] = texts[number].rstrip()
        if texts[number]:
            break
    return texts

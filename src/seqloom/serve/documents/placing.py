"""Where in a translated sentence the parts of the source come to stand, in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from seqloom.core.scripts import UNSPACED

__all__ = ["places"]

_UNSPACED = re.compile(f"[{UNSPACED}]")
_LETTER = rf"[^\W{UNSPACED}]"
"""Of a word that spaces part from others."""
_WORD = re.compile(f"{_LETTER}+|[{UNSPACED}]")
_FAR = 0.1
"""What a character costs by which words lie beside their place: in another order the nearest is still the likeliest."""


def places(
    parts: Sequence[str], alone: Sequence[str], whole: str, *, fixed: Sequence[bool], marked: Sequence[bool]
) -> list[tuple[int, int]]:
    """A stretch of ``whole`` for each of the parts, one behind the other and all of it.

    ``alone`` is how each part is said by itself: where that is found, there it is. The others lie between these, by
    their share of the source. Those that are ``marked`` are looked for first; one that is ``fixed`` gets no word beside
    its own, where that can be.
    """
    weights = [0 if stays else len(part) for part, stays in zip(parts, fixed, strict=True)]
    known = _anchors(parts, alone, whole, marked)
    bounds = [0]
    for number in range(1, len(parts)):
        bounds.append(max(bounds[-1], _bound(number, parts, weights, known, whole, bounds[-1])))
    bounds.append(len(whole))
    return [*pairwise(bounds)]


def _anchors(
    parts: Sequence[str], alone: Sequence[str], whole: str, marked: Sequence[bool]
) -> dict[int, tuple[int, int]]:
    """The parts that are found, first those that are marked. Word for word the longest first, for what is long is not
    found by chance; then the short ones by their words: what lies between is the rest and needs no looking for."""
    known: dict[int, tuple[int, int]] = {}
    total = sum(map(len, parts)) or 1
    for chosen in (True, False):
        numbers = sorted(
            (number for number in range(len(parts)) if marked[number] is chosen), key=lambda n: -len(alone[n])
        )
        for number in numbers:
            low, high, expected = _room(number, parts, known, whole)
            glued = _glued(parts[number - 1 : number + 1]) if number else False, _glued(parts[number : number + 2])
            found = [span for span in _found(alone[number], whole, glued) if low <= span[0] and span[1] <= high]
            if found:
                known[number] = min(found, key=lambda span: abs(span[0] - expected))
        for number in reversed(numbers):
            if number not in known and (chosen or 2 * len(parts[number]) < total):
                low, high, expected = _room(number, parts, known, whole)
                longest = max(1, round(1.5 * len(parts[number]) * len(whole) / total))
                if span := _likest(alone[number], whole, low, high, expected, longest):
                    known[number] = span
    return known


def _room(number: int, parts: Sequence[str], known: dict[int, tuple[int, int]], whole: str) -> tuple[int, int, float]:
    """Between which others it must stand, and where it would by its share of the source."""
    low = max((end for other, (_, end) in known.items() if other < number), default=0)
    high = min((start for other, (start, _) in known.items() if other > number), default=len(whole))
    return low, high, len(whole) * sum(map(len, parts[:number])) / (sum(map(len, parts)) or 1)


def _likest(alone: str, whole: str, low: int, high: int, expected: float, longest: int) -> tuple[int, int] | None:
    """The few words that have most in common with how the part is said by itself, near where they should be. A model
    says more of a few words than they say, and in other forms."""
    said = {_stem(word) for word in _WORD.findall(alone)}
    words = [(*each.span(), _weight(each[0]), _stem(each[0]) in said) for each in _WORD.finditer(whole, low, high)]
    best, found = 0.0, None
    for first, (start, *_) in enumerate(words):
        worth = -_FAR * abs(start - expected)
        for _, end, weight, common in words[first:]:
            if end - start > max(longest, words[first][1] - start):
                break
            worth += weight if common else -1 - weight / 2
            if worth > best:
                best, found = worth, (start, end)
    return found


def _weight(word: str) -> float:
    """Articles and the like are everywhere; a character of a script without spaces is most of a word."""
    return 3.0 if _UNSPACED.match(word) else float(len(word)) if len(word) > 2 else 0.0


def _stem(word: str) -> str:
    return word.casefold()[:5]


def _glued(pair: Sequence[str]) -> bool:
    """Whether a word goes on from one part into the next."""
    return len(pair) == 2 and pair[0][-1:].isalnum() and pair[1][:1].isalnum()


def _found(text: str, whole: str, glued: tuple[bool, bool]) -> list[tuple[int, int]]:
    """Where it stands, capitals aside: as whole words, but for a side on which it was ``glued`` to another."""
    if not text:
        return []
    before = f"(?<!{_LETTER})" if re.match(_LETTER, text[0]) and not glued[0] else ""
    behind = f"(?!{_LETTER})" if re.match(_LETTER, text[-1]) and not glued[1] else ""
    return [each.span() for each in re.finditer(before + re.escape(text) + behind, whole, re.IGNORECASE)]


def _bound(
    number: int,
    parts: Sequence[str],
    weights: Sequence[int],
    known: dict[int, tuple[int, int]],
    whole: str,
    least: int,
) -> int:
    """Where this part begins and the one before it ends."""
    left, right = known.get(number - 1), known.get(number)
    spaced_left, spaced_right = parts[number - 1][-1:].isspace(), parts[number][:1].isspace()
    if left and right:
        # Words between two parts that were found belong to the longer one: the other is a word that was marked.
        if whole[left[1] : right[0]].strip():
            return right[0] if weights[number - 1] >= weights[number] else left[1]
        return right[0] if spaced_left else left[1]
    if left:
        end = left[1]
        return end + len(whole[end:]) - len(whole[end:].lstrip()) if spaced_left else end
    if right:
        start = right[0]
        return len(whole[:start].rstrip()) if spaced_right and not spaced_left else start
    return _guess(number, parts, known, whole, least)


def _guess(number: int, parts: Sequence[str], known: dict[int, tuple[int, int]], whole: str, least: int) -> int:
    """Between the nearest known ends, at the share of the source, where a word begins or ends."""
    lengths = [len(part) for part in parts]
    first = max((other + 1 for other in known if other < number), default=0)
    last = min((other for other in known if other >= number), default=len(parts))
    low = known[first - 1][1] if first else 0
    high = known[last][0] if last in known else len(whole)
    share = sum(lengths[first:number]) / (sum(lengths[first:last]) or 1)
    expected = low + (high - low) * share
    spaced_left, spaced_right = parts[number - 1][-1:].isspace(), parts[number][:1].isspace()
    low = max(low, least)
    inner = [place for place in range(low + 1, high) if _parted(whole, place, spaced_left, spaced_right)]
    return min(inner or [low, max(low, high)], key=lambda place: abs(place - expected))


def _parted(whole: str, place: int, spaced_left: bool, spaced_right: bool) -> bool:
    """Whether words part here, the space on the side where the source had it."""
    before, behind = whole[place - 1], whole[place]
    if _UNSPACED.match(before) or _UNSPACED.match(behind):
        return True
    if spaced_left:
        return before.isspace() and not behind.isspace()
    if spaced_right:
        return behind.isspace() and not before.isspace()
    return before.isalnum() != behind.isalnum()

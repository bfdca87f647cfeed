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


def places(parts: Sequence[str], alone: Sequence[str], whole: str, *, fixed: Sequence[bool]) -> list[tuple[int, int]]:
    """A stretch of ``whole`` for each of the parts, one behind the other and all of it.

    ``alone`` is how each part is said by itself: where that is found, there it is. The others lie between these, by
    their share of the source. One that is ``fixed`` gets no word beside its own, where that can be.
    """
    weights = [0 if stays else len(part) for part, stays in zip(parts, fixed, strict=True)]
    known = _anchors(parts, alone, whole)
    bounds = [0]
    for number in range(1, len(parts)):
        bounds.append(max(bounds[-1], _bound(number, parts, weights, known, whole, bounds[-1])))
    bounds.append(len(whole))
    return [*pairwise(bounds)]


def _anchors(parts: Sequence[str], alone: Sequence[str], whole: str) -> dict[int, tuple[int, int]]:
    """The parts that are found, the longest first: what is long is not found by chance."""
    total = sum(map(len, parts)) or 1
    known: dict[int, tuple[int, int]] = {}
    for number in sorted(range(len(parts)), key=lambda number: -len(alone[number])):
        low = max((end for other, (_, end) in known.items() if other < number), default=0)
        high = min((start for other, (start, _) in known.items() if other > number), default=len(whole))
        expected = len(whole) * sum(map(len, parts[:number])) / total
        glued = _glued(parts[number - 1 : number + 1]) if number else False, _glued(parts[number : number + 2])
        found = [span for span in _found(alone[number], whole, glued) if low <= span[0] and span[1] <= high]
        if found:
            known[number] = min(found, key=lambda span: abs(span[0] - expected))
    return known


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

"""What can be wrong with a pair and is seen by looking at it alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from seqloom.data.inspecting.characters import BEYOND, SCRIPTS, Codes, kinds
from seqloom.data.inspecting.examples import Example, Pair
from seqloom.data.inspecting.sketches import Few
from seqloom.data.nearness import jaccard
from seqloom.data.normalising import encoding_repair, remove_control

__all__ = ["NEARLY", "faults_of"]

NEARLY = 0.8
"""The Jaccard similarity from which a target is as good as its source."""
_LETTERS = 4
_MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?: [^<>]{0,80})?/?>|&(?:#\d{1,6}|#x[0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_PLACEHOLDER = re.compile(
    r"%(?:\d+\$)?[sdif@](?![A-Za-z])|%\([\w.]+\)[sdf]|\{[\w.:]*\}|\$\{\w+\}|\$[A-Za-z_]\w*|\$\(\w+\)|%[A-Z][A-Z_]+",
    re.ASCII,
)
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d{3})*(?:[.,:]\d+)?")
_ORDER = re.compile(r"\D")
_LOOK_ALIKE = re.compile(
    "[A-Za-z\u00c0-\u024f]+[\u0370-\u052f]+[A-Za-z\u00c0-\u024f]|[\u0370-\u052f]+[A-Za-z]+[\u0370-\u052f]"
)
_ASKS = ("?", "？", "؟", "\u037e")
_CLOSING = " \"'”’»」』)）"
_Faults = dict[str, Few[Example]]
_Rows = Iterator[tuple[int, str]]


def faults_of(pairs: Sequence[Pair], codes: tuple[Codes, Codes], same: NDArray[np.bool_]) -> _Faults:
    """By their names; ``same`` are the pairs whose sides say the same once they are folded."""
    found: _Faults = defaultdict(Few)
    for name, rows in _CHECKS.items():
        for row, note in rows(pairs, codes):
            found[name].add(Example(pair=pairs[row], note=note))
    for row, note in _untranslated(pairs, codes, same):
        found["untranslated"].add(Example(pair=pairs[row], note=note))
    return dict(found)


def _untranslated(pairs: Sequence[Pair], codes: tuple[Codes, Codes], same: NDArray[np.bool_]) -> _Rows:
    """The sides are the same, or so nearly that only a word or two was touched."""
    letters = codes[0].scripts()[:, 1:].sum(axis=1)
    sizes = [np.diff(side.starts, append=len(side.codes)) for side in codes]
    alike = (np.minimum(*sizes) > 20) & (np.maximum(*sizes) < 1.3 * np.minimum(*sizes)) & ~same
    rows = np.flatnonzero(alike)
    twice = np.stack([rows, rows], axis=1)
    near = jaccard(twice, codes[0].texts, codes[1].texts) >= NEARLY
    nearly = np.zeros(len(pairs), np.bool_)
    nearly[rows[near]] = True
    for row in np.flatnonzero((same & (letters >= _LETTERS)) | nearly).tolist():
        yield row, "nearly the same" if nearly[row] else "the same"


def _mojibake(pairs: Sequence[Pair], codes: tuple[Codes, Codes]) -> _Rows:
    for row, side in _either(codes, Codes.garbled):
        text = _side(pairs[row], side)
        repaired = _repair()(text)
        if repaired != text:
            yield row, f"should be: {repaired}"


def _lost(pairs: Sequence[Pair], codes: tuple[Codes, Codes]) -> _Rows:
    for row, side in _either(codes, lambda each: each.has_sign("\ufffd")):
        yield row, f"in the {('source', 'target')[side]}"
    for row, pair in enumerate(pairs):
        if "锟斤拷" in pair.source or "锟斤拷" in pair.target:
            yield row, "锟斤拷"


def _invisible(pairs: Sequence[Pair], codes: tuple[Codes, Codes]) -> _Rows:
    for row, side in _either(codes, _has_invisible):
        text = _side(pairs[row], side)
        gone = Counter(text) - Counter(remove_control(text))
        if gone:
            yield row, ", ".join(f"U+{ord(char):04X}" for char in gone)


def _has_invisible(codes: Codes) -> NDArray[np.bool_]:
    # Each text has its own line break at its end.
    return codes.count(kinds().invisible[codes.codes]) > 1


def _markup(pairs: Sequence[Pair], codes: tuple[Codes, Codes]) -> _Rows:
    for row, side in _either(codes, lambda each: each.has_sign("<") | each.has_sign("&")):
        if match := _MARKUP.search(_side(pairs[row], side)):
            yield row, match[0]


def _placeholders(pairs: Sequence[Pair], codes: tuple[Codes, Codes]) -> _Rows:
    """Filled in later by a program, which is why they must be the same on both sides."""
    for row in sorted({row for row, _ in _either(codes, _has_placeholder)}):
        sides = [sorted(_PLACEHOLDER.findall(_side(pairs[row], side))) for side in range(2)]
        if sides[0] != sides[1]:
            yield row, f"{' '.join(sides[0]) or 'none'} and {' '.join(sides[1]) or 'none'}"


def _has_placeholder(codes: Codes) -> NDArray[np.bool_]:
    return codes.has_sign("%") | codes.has_sign("{") | codes.has_sign("$")


def _numbers(pairs: Sequence[Pair], codes: tuple[Codes, Codes]) -> _Rows:
    """Only where both sides have digits: many a language writes small numbers as words."""
    digits = kinds().digit
    for row in np.flatnonzero(codes[0].has(digits) & codes[1].has(digits)).tolist():
        sides = [_values(_side(pairs[row], side)) for side in range(2)]
        if not (sides[0] & sides[1]) and not _contained(*sides):
            yield row, f"{' '.join(sorted(sides[0]))} and {' '.join(sorted(sides[1]))}"


def _values(text: str) -> set[str]:
    """The digits of each number, however it is grouped."""
    plain = text.translate(_HALF_DIGITS)
    return {_ORDER.sub("", found).lstrip("0") or "0" for found in _NUMBER.findall(plain)}


def _contained(first: set[str], second: set[str]) -> bool:
    """1.5 million and 1,500,000; 19:30 and 7:30; 2. 5. 2024 and 20240502: what is written in another way."""
    return any(one in other or other in one for one in first for other in second)


_HALF_DIGITS = {0xFF10 + digit: str(digit) for digit in range(10)}


def _look_alikes(pairs: Sequence[Pair], codes: tuple[Codes, Codes]) -> _Rows:
    for row, side in _either(codes, _two_alphabets):
        if match := _LOOK_ALIKE.search(_side(pairs[row], side)):
            yield row, match[0]


def _two_alphabets(codes: Codes) -> NDArray[np.bool_]:
    scripts = codes.scripts()
    latin, greek, cyrillic = (scripts[:, SCRIPTS.index(name) + 1] > 0 for name in ("Latin", "Greek", "Cyrillic"))
    return latin & (greek | cyrillic)


def _wordless(pairs: Sequence[Pair], codes: tuple[Codes, Codes]) -> _Rows:
    table = kinds()
    said = [side.count((table.script[side.codes] > 0) | table.digit[side.codes]) for side in codes]
    beyond = [side.count(side.codes == BEYOND) for side in codes]  # an emoji says something
    for side, name in enumerate(("source", "target")):
        for row in np.flatnonzero((said[side] + beyond[side] == 0) & (said[1 - side] >= _LETTERS)).tolist():
            yield row, f"the {name}"


def _questions(pairs: Sequence[Pair], codes: tuple[Codes, Codes]) -> _Rows:
    asks = [np.array([text.rstrip(_CLOSING).endswith(_ASKS) for text in side.texts], np.bool_) for side in codes]
    for row in np.flatnonzero(asks[0] != asks[1]).tolist():
        yield row, f"only the {'source' if asks[0][row] else 'target'} ends as a question"


_CHECKS: dict[str, Callable[[Sequence[Pair], tuple[Codes, Codes]], _Rows]] = {
    "wordless": _wordless,
    "mojibake": _mojibake,
    "lost characters": _lost,
    "invisible": _invisible,
    "markup": _markup,
    "placeholders": _placeholders,
    "numbers": _numbers,
    "look-alikes": _look_alikes,
    "questions": _questions,
}


def _either(codes: tuple[Codes, Codes], suspect: Callable[[Codes], NDArray[np.bool_]]) -> Iterator[tuple[int, int]]:
    """Rows and the side that is suspect, each row once."""
    first, second = suspect(codes[0]), suspect(codes[1])
    for row in np.flatnonzero(first | second).tolist():
        yield row, 0 if first[row] else 1


def _side(pair: Pair, side: int) -> str:
    return pair.target if side else pair.source


@cache
def _repair() -> Callable[[str], str]:
    return encoding_repair()

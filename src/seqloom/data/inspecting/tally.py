"""What is counted of some pairs, and added up: a stretch of a file is one, and so are all files together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from seqloom.data.inspecting.characters import SCRIPTS, Codes, kinds
from seqloom.data.inspecting.examples import Example, Pair
from seqloom.data.inspecting.faults import faults_of
from seqloom.data.inspecting.overlap import Held, Match
from seqloom.data.inspecting.sketches import Few
from seqloom.data.nearness import Signatures, fold, signatures

__all__ = ["LONGEST", "RATIOS", "Side", "Tally", "tally"]

LONGEST = 1000
"""Lengths above it are counted as one more."""
RATIOS = np.arange(-80.5, 81.5) * 0.05
"""Edges of the histogram of log(target's length / source's)."""
_FEW_LETTERS = 4
_WEIGHTS = np.array([4 if name in ("kana", "Hangul", "Chinese characters") else 1 for name in SCRIPTS])
"""A character that is a word or a syllable counts for as many letters: Tom游泳 is Chinese."""
_LONG = 6
"""Words from which on a ratio of lengths says something."""
_EXTREMES = 12


@dataclass
class Side:
    """What is counted of the sources, or of the targets."""

    lengths: NDArray[np.int64] = field(default_factory=lambda: np.zeros(LONGEST + 2, np.int64))
    letters: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(SCRIPTS) + 1, np.int64))
    """Texts by the script of most of their letters; the first has none."""
    characters: dict[int, int] = field(default_factory=dict)
    """How often each character stands there; those beyond the first plane are one."""
    having: dict[str, int] = field(default_factory=dict)
    """Texts that have something."""
    odd: dict[int, Few[Example]] = field(default_factory=dict)
    """Of each script, texts in it."""

    def merge(self, other: Side) -> None:
        self.lengths += other.lengths
        self.letters += other.letters
        for code, count in other.characters.items():
            self.characters[code] = self.characters.get(code, 0) + count
        for what, count in other.having.items():
            self.having[what] = self.having.get(what, 0) + count
        for script, few in other.odd.items():
            self.odd.setdefault(script, Few()).merge(few)

    def quantile(self, share: float) -> int:
        """The length that so many are no longer than."""
        whole = self.lengths.cumsum()
        return int(np.searchsorted(whole, share * whole[-1]))

    @property
    def mean(self) -> float:
        return float((self.lengths * np.arange(len(self.lengths))).sum() / max(1, self.lengths.sum()))


@dataclass
class Tally:
    """What is counted of pairs."""

    sides: tuple[Side, Side] = field(default_factory=lambda: (Side(), Side()))
    pairs: int = 0
    ratios: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(RATIOS) - 1, np.int64))
    """Of the pairs that are long enough for a ratio."""
    faults: dict[str, Few[Example]] = field(default_factory=dict)
    shorter: Few[Example] = field(default_factory=lambda: Few(most=_EXTREMES))
    """Targets that are shortest beside their sources."""
    longer: Few[Example] = field(default_factory=lambda: Few(most=_EXTREMES))
    longest: Few[Example] = field(default_factory=lambda: Few(most=3))

    def merge(self, other: Tally) -> None:
        for mine, theirs in zip(self.sides, other.sides, strict=True):
            mine.merge(theirs)
        self.pairs += other.pairs
        self.ratios += other.ratios
        for name, few in other.faults.items():
            self.faults.setdefault(name, Few()).merge(few)
        self.shorter.merge(other.shorter)
        self.longer.merge(other.longer)
        self.longest.merge(other.longest)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Of one stretch: its tally, and what all stretches are compared by."""

    tally: Tally
    hashes: tuple[NDArray[np.uint64], NDArray[np.uint64]]
    matches: tuple[tuple[Sequence[Match], int], ...]
    """Of each held set."""


def tally(pairs: Sequence[Pair], held: Sequence[Held] = ()) -> Counted:
    """Count a stretch of pairs."""
    found = Tally(pairs=len(pairs))
    texts = [pair.source for pair in pairs], [pair.target for pair in pairs]
    codes = Codes(texts[0]), Codes(texts[1])
    lengths = codes[0].lengths(), codes[1].lengths()
    for side in range(2):
        _count_side(found.sides[side], codes[side], lengths[side], pairs)
    _count_ratios(found, lengths, pairs)
    signed: tuple[Signatures, Signatures] | None = None
    if held:
        signed = signatures(texts[0]), signatures(texts[1])
        folded = signed[0].folded, signed[1].folded
    else:
        folded = _hashes(fold(texts[0])), _hashes(fold(texts[1]))
    found.faults = faults_of(pairs, codes, folded[0] == folded[1])
    return Counted(
        tally=found,
        hashes=(_hashes(texts[0]), _hashes(texts[1])),
        matches=tuple(each.matches(pairs, signed) for each in held) if signed else (),
    )


def _hashes(texts: Sequence[str]) -> NDArray[np.uint64]:
    joined = b"".join([blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts])
    return np.frombuffer(joined, np.uint64)


def _count_side(side: Side, codes: Codes, lengths: NDArray[np.int64], pairs: Sequence[Pair]) -> None:
    side.lengths += np.bincount(np.minimum(lengths, LONGEST + 1), minlength=LONGEST + 2)
    seen, counts = np.unique(codes.codes, return_counts=True)
    side.characters = dict(zip(seen.tolist(), counts.tolist(), strict=True))
    side.characters.pop(ord("\n"), None)
    scripts = codes.scripts()
    weighed = scripts[:, 1:] * _WEIGHTS
    main = np.where(weighed.sum(axis=1) >= _FEW_LETTERS, weighed.argmax(axis=1) + 1, 0)
    # A Japanese text has kana, however many of its characters are Chinese.
    kana, han = SCRIPTS.index("kana") + 1, SCRIPTS.index("Chinese characters") + 1
    main[(main == han) & (scripts[:, kana] > 0)] = kana
    side.letters += np.bincount(main, minlength=len(SCRIPTS) + 1)
    odd: dict[int, Few[Example]] = defaultdict(Few)
    for script in np.unique(main[main > 0]).tolist():
        rows = np.flatnonzero(main == script)
        for row in rows[:5].tolist():
            odd[script].add(Example(pair=pairs[row]), count=0)
        odd[script].count += len(rows)
    side.odd = dict(odd)
    table = kinds()
    simplified, traditional = codes.has(table.simplified), codes.has(table.traditional)
    having = {
        "full-width letters": codes.has(table.full),
        "Latin punctuation": (main == han) & codes.has(table.half_sign),
        "Chinese punctuation": (main == han) & codes.has(table.full_sign),
        "simplified": (main == han) & simplified & ~traditional,
        "traditional": (main == han) & traditional & ~simplified,
        "both ways of writing": (main == han) & traditional & simplified,
    }
    side.having = {name: int(np.count_nonzero(mask)) for name, mask in having.items()}


def _count_ratios(found: Tally, lengths: tuple[NDArray[np.int64], NDArray[np.int64]], pairs: Sequence[Pair]) -> None:
    longer = np.maximum(*lengths)
    rows = np.flatnonzero((longer >= _LONG) & (np.minimum(*lengths) > 0))
    ratio = np.log(lengths[1][rows] / lengths[0][rows])
    found.ratios += np.histogram(np.clip(ratio, RATIOS[0], RATIOS[-1]), RATIOS)[0]
    order = np.argsort(ratio, kind="stable")
    for few, places, sign in (
        (found.shorter, order[:_EXTREMES], -1.0),
        (found.longer, order[: -_EXTREMES - 1 : -1], 1.0),
    ):
        for place in places.tolist():
            row = int(rows[place])
            note = f"{lengths[0][row]} to {lengths[1][row]}"
            few.add(Example(pair=pairs[row], note=note), weight=sign * float(ratio[place]))
    if len(longer):
        row = int(longer.argmax())
        found.longest.add(Example(pair=pairs[row], note=f"{longer[row]:,} long"), weight=float(longer[row]))

"""What stands both in the training files and in those that a model is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seqloom.data.few_words import few_words
from seqloom.data.inspecting.examples import Example, Pair
from seqloom.data.nearness import NEAR, Signatures, pairs_between, signatures

__all__ = ["Held", "Match", "Overlap", "mixed"]

_SIDES = ("source", "target")


def mixed(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One hash of two."""
    return (first * np.uint64(0x9E3779B97F4A7C15)) ^ (second + np.uint64(0x7F4A7C15))


@dataclass(frozen=True, kw_only=True)
class Match:
    """Of one held pair in some training pairs: what is the same, and where."""

    place: int
    """Of the held pair."""
    same: tuple[bool, bool]
    """Source and target, case, digits and punctuation aside."""
    near: tuple[bool, bool]
    """The same or nearly so."""
    pair: bool
    """Both, in one and the same training pair."""
    example: Pair


@dataclass(frozen=True)
class Held:
    """The pairs that are held against the training pairs."""

    pairs: Sequence[Pair]

    @cached_property
    def signatures(self) -> tuple[Signatures, Signatures]:
        return signatures(pair.source for pair in self.pairs), signatures(pair.target for pair in self.pairs)

    @cached_property
    def texts(self) -> tuple[list[str], list[str]]:
        return [pair.source for pair in self.pairs], [pair.target for pair in self.pairs]

    @cached_property
    def few(self) -> tuple[bool, bool]:
        """Sides in a few words: of sources only those that are the same are leaks, and targets never are."""
        return bool(few_words(self.texts[0])), bool(few_words(self.texts[1]))

    @cached_property
    def both(self) -> NDArray[np.uint64]:
        return mixed(*(side.folded for side in self.signatures))

    def matches(self, pairs: Sequence[Pair], found: tuple[Signatures, Signatures]) -> tuple[list[Match], int]:
        """In these training pairs, by the held pair's place; and how many training pairs have a held text, folded."""
        ours, texts = self.signatures, ([pair.source for pair in pairs], [pair.target for pair in pairs])
        reach = [1.0 if few else NEAR for few in self.few]
        near = [
            pairs_between(ours[side], found[side], self.texts[side], texts[side], threshold=reach[side])
            for side in range(2)
        ]
        if self.few[1]:
            near[1] = near[1][:0]
        same = [each[ours[side].folded[each[:, 0]] == found[side].folded[each[:, 1]]] for side, each in enumerate(near)]
        theirs = mixed(found[0].folded, found[1].folded)
        whole = np.isin(self.both, theirs)
        shown: dict[int, int] = {}
        for rows in (*same, *near):  # the best example of each is what is the same
            for place, row in rows.tolist():
                shown.setdefault(place, row)
        sets = [[set(each[:, 0].tolist()) for each in kind] for kind in (same, near)]
        known = [np.isin(found[side].folded, ours[side].folded) & (found[side].folded != 0) for side in range(2)]
        matches = [
            Match(
                place=place,
                same=(place in sets[0][0], place in sets[0][1]),
                near=(place in sets[1][0], place in sets[1][1]),
                pair=bool(whole[place]),
                example=pairs[shown[place]],
            )
            for place in sorted(shown)
        ]
        return matches, int(np.count_nonzero(known[0] if self.few[1] else known[0] | known[1]))


@dataclass
class Overlap:
    """What was found of the held pairs in all the training pairs so far."""

    held: Held
    name: str
    rows: int = 0
    """Training pairs with a held text."""
    found: dict[int, Match] = field(default_factory=dict)

    def add(self, matches: Sequence[Match], rows: int) -> None:
        self.rows += rows
        for match in matches:
            before = self.found.get(match.place)
            if before is None:
                self.found[match.place] = match
                continue
            better = sum(match.same) > sum(before.same)
            self.found[match.place] = Match(
                place=match.place,
                same=(before.same[0] or match.same[0], before.same[1] or match.same[1]),
                near=(before.near[0] or match.near[0], before.near[1] or match.near[1]),
                pair=before.pair or match.pair,
                example=match.example if better else before.example,
            )

    @property
    def pairs(self) -> list[Match]:
        """The whole pair is there."""
        return [match for match in self._sorted if match.pair]

    def same(self, side: int) -> list[Match]:
        return [match for match in self._sorted if match.same[side]]

    def near(self, side: int) -> list[Match]:
        """Nearly, but not quite."""
        return [match for match in self._sorted if match.near[side] and not match.same[side]]

    def example(self, match: Match) -> Example:
        other = match.example
        return Example(
            pair=self.held.pairs[match.place], note=f"{other.file}:{other.line}: {other.source} | {other.target}"
        )

    @property
    def _sorted(self) -> list[Match]:
        return [self.found[place] for place in sorted(self.found)]

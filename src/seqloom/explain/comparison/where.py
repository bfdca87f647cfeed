"""Where two groups differ: by the length of the source, and in which sentences most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from seqloom.explain.comparison.groups import Group
from seqloom.explain.comparison.marking import Marked, marked
from seqloom.metrics.counts import Counts
from seqloom.metrics.groups import GroupComparison, compare_groups
from seqloom.metrics.words import tokens, writing
from seqloom.workflow.evaluating import Tested

__all__ = ["Example", "Part", "examples_of", "parts_of_length"]

_PARTS = 4
_FEWEST = 10
"""Sentences of a part about which something can be said."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The sentences whose sources are about as long."""

    low: int
    high: int
    unit: str
    """Words, or characters of writings without spaces."""
    sentences: int
    found: GroupComparison

    @property
    def lengths(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"

    def to_data(self) -> dict[str, Any]:
        return {
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "sentences": self.sentences,
            **self.found.to_data(),
        }


def parts_of_length(
    tested: Sequence[Tested], first: Sequence[Counts], second: Sequence[Counts], *, samples: int, seed: int
) -> tuple[Part, ...]:
    """Some parts of about as many sentences each, the shortest first; none where all are of one length."""
    lengths_N = np.array([len(tokens(each.source)) for each in tested])
    most = max(1, min(_PARTS, len(tested) // _FEWEST))
    edges = np.unique(np.quantile(lengths_N, np.arange(1, most) / most, method="higher"))
    which_N = np.searchsorted(edges, lengths_N, side="right")
    unit = "words" if writing(each.source for each in tested) in ("spaced", "korean") else "characters"
    found = []
    for part in np.unique(which_N):
        places = np.flatnonzero(which_N == part)
        compared = compare_groups(_only(first, places), _only(second, places), samples=samples, seed=seed)
        lengths = lengths_N[places]
        found.append(
            Part(low=int(lengths.min()), high=int(lengths.max()), unit=unit, sentences=len(places), found=compared)
        )
    return tuple(found) if len(found) > 1 else ()


def _only(counts: Sequence[Counts], places: Any) -> list[Counts]:
    return [replace(each, rows_NK=each.rows_NK[places]) for each in counts]


@dataclass(frozen=True, kw_only=True)
class Example:
    """A sentence in which one is much better than the other."""

    number: int
    """From 1, in the order of the pairs."""
    source: str
    references: tuple[str, ...]
    first: Marked
    second: Marked
    first_alone: float
    second_alone: float
    """How good each is by itself, the mean of the seeds."""

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


def examples_of(
    tested: Sequence[Tested], first: Group, second: Group, *, number: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Those in which the second is better by most, and those in which it is worse by most."""
    one_N, two_N = first.alone, second.alone
    differences_N = two_N - one_N
    order = np.argsort(-differences_N, kind="stable")
    better = [place for place in order[:number] if differences_N[place] > 0]
    worse = [place for place in order[::-1][:number] if differences_N[place] < 0]

    def example(place: int) -> Example:
        answers = marked(first.said(place), second.said(place))
        return Example(
            number=place + 1,
            source=tested[place].source,
            references=tested[place].references,
            first=answers[0],
            second=answers[1],
            first_alone=float(one_N[place]),
            second_alone=float(two_N[place]),
        )

    return tuple(example(int(place)) for place in better), tuple(example(int(place)) for place in worse)

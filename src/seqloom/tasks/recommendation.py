"""What comes next for somebody: items in, the newest last, and a list of items out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.settings import Count, Positive
from seqloom.core.wording import nearest, show
from seqloom.data.histories import SEPARATOR
from seqloom.data.rows import Row
from seqloom.decoding.constraints import ConstraintSettings
from seqloom.decoding.constraints.one_of import OneOfSettings
from seqloom.metrics.ranking import measure_ranking
from seqloom.metrics.score import Score
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task, TaskBase
from seqloom.tasks.one_token import one_token

__all__ = ["RecommendationSettings"]

_SHRINK = 10.0
_PARTS = 1000
_ROWS = 1_000_000
_HALF = 32


@dataclass(frozen=True, kw_only=True)
class RecommendationSettings(TaskBase):
    """The task of recommendation."""

    kind: Literal["recommendation"] = "recommendation"
    separator: str = SEPARATOR
    """Between the items of a history."""
    history: Positive = 10
    """Items that the model reads: the last ones."""
    items: Literal["whole", "named"] = "whole"
    """"whole": an item is a token, whatever it is called, with a tokenizer of kind "word" that splits at spaces.
    "named": its name is read and said in the tokenizer's pieces."""
    again: bool = False
    """Whether what stands in the history may be recommended."""
    best: Positive = 10
    """Items of a list."""
    neighbours: Count = 50
    """Of each item, that are kept for the baseline; 0: there is none."""

    def __post_init__(self) -> None:
        if not self.separator:
            raise RecipeError("separator must be what stands between two items, but is empty.")

    def learn(self, rows: Iterable[Row]) -> Known:
        """The catalogue, the commonest item first, and for the baseline what goes with what."""
        wanted: Counter[str] = Counter()
        pairs = _Pairs()
        for row in rows:
            history = split(row.source, self.separator)
            if self.neighbours:
                pairs.add(row.targets[0].strip(), history[-self.history :])
            wanted.update(dict.fromkeys(history, 0))
            wanted[row.targets[0].strip()] += 1
        counts = dict(wanted.most_common())
        near = pairs.nearest(counts, self.neighbours) if self.neighbours else []
        return {"items": [*counts], "counts": [*counts.values()], "near": near}

    def build(self, known: Known) -> Recommendation:
        return Recommendation(self, known)


class Recommendation(Task):
    def __init__(self, settings: RecommendationSettings, known: Known) -> None:
        self.settings = settings
        self.items: tuple[str, ...] = tuple(known["items"])
        self.places = {item: place for place, item in enumerate(self.items)}
        self._near: Sequence[str] = known["near"]
        self._said = tuple(map(self.say, self.items))
        self._item_of = dict(zip(self._said, self.items, strict=True))
        self.nbest = settings.best
        self.at_once = settings.best

    # ---- questions ---------------------------------------------------------------------------------------------------

    def read(self, row: Row) -> Row:
        """The last items. One that was never trained is skipped, unless it can be read by its name."""
        history = split(row.source, self.settings.separator)
        if self.settings.items == "whole":
            known = [item for item in history if item in self.places]
            if history and not known:
                guess = nearest(history[-1], self.items)
                advice = f"Did you mean {show(guess)}?" if guess else "Give one that was in the training pairs."
                raise DataError(f"no item of the history is known: {show(history[-1])} is not. {advice}")
            history = known
        last = map(self.say, history[-self.settings.history :])
        between = " " if self.settings.items == "whole" else self.settings.separator
        return replace(row, source=between.join(last), targets=tuple(self.say(item.strip()) for item in row.targets))

    def say(self, item: str) -> str:
        """An item as the model reads and says it."""
        return one_token(item) if self.settings.items == "whole" else item

    def constraints(self, row: Row) -> tuple[ConstraintSettings, ...]:
        had = () if self.settings.again else tuple(map(self.say, split(row.source, self.settings.separator)))
        return (OneOfSettings(texts=self._said, without=had),)

    # ---- answers -----------------------------------------------------------------------------------------------------

    def show(self, row: Row, text: str) -> Shown:
        return Shown(text=self._item_of.get(text, text))

    def listing(self, said: Sequence[tuple[Shown, float]]) -> Shown:
        """One after the other, as a history is written; of what was drawn twice, the first."""
        scores: dict[str, float] = {}
        for shown, score in said:
            scores.setdefault(shown.text, score)
        items = [{"item": item, "score": score} for item, score in scores.items()]
        return Shown(text=self.settings.separator.join(scores), fields={"items": items})

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        lists = [[*dict.fromkeys(text for text in one.texts if text)][: self.nbest] for one in answered]
        wanted = [{target.strip() for target in one.row.targets} for one in answered]
        return measure_ranking(lists, wanted, k=(self.nbest,), samples=samples)

    # ---- baselines ---------------------------------------------------------------------------------------------------

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        found: dict[str, Baseline] = {"popularity": self._popular}
        return found | {"item-kNN": self._like_the_last} if self._near else found

    def _popular(self, row: Row) -> list[str]:
        """What was wanted most often."""
        return self._best(range(len(self.items)), row)

    def _like_the_last(self, row: Row) -> list[str]:
        """What goes best with the items that the model reads too; then what is popular."""
        sums: dict[int, float] = {}
        known = [item for item in split(row.source, self.settings.separator) if item in self.places]
        for item in known[-self.settings.history :]:
            for other, weight in self._neighbours[self.places[item]]:
                sums[other] = sums.get(other, 0.0) + weight
        near = sorted(sums, key=lambda place: (-sums[place], place))
        return self._best([*near, *(place for place in range(len(self.items)) if place not in sums)], row)

    def _best(self, places: Iterable[int], row: Row) -> list[str]:
        had = set() if self.settings.again else {*split(row.source, self.settings.separator)}
        found: list[str] = []
        for place in places:
            if len(found) == self.nbest:
                break
            if self.items[place] not in had:
                found.append(self.items[place])
        return found

    @cached_property
    def _neighbours(self) -> list[list[tuple[int, float]]]:
        """By place: those of each item, and how near they are."""
        found = []
        for line in self._near:
            numbers = [int(each) for each in line.split()]
            found.append([*zip(numbers[::2], (each / _PARTS for each in numbers[1::2]), strict=True)])
        return found


def split(source: str, separator: str) -> list[str]:
    """The items of a history."""
    sign = separator.strip() or separator
    return [item for each in source.split(sign) if (item := each.strip())]


class _Pairs:
    """How often two items stand near each other, of which one was wanted and the other in its history."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._waiting: list[int] = []
        self._pairs_P = np.zeros(0, np.int64)
        """Both in one number."""
        self._counts_P = np.zeros(0, np.int64)

    def add(self, wanted: str, history: Sequence[str]) -> None:
        ids = self._ids
        one = ids.setdefault(wanted, len(ids))
        for item in history:
            other = ids.setdefault(item, len(ids))
            self._waiting.append(min(one, other) << _HALF | max(one, other))
        if len(self._waiting) > _ROWS:
            self._count()

    def _count(self) -> None:
        both_P = np.concatenate([self._pairs_P, np.array(self._waiting, np.int64)])
        weights_P = np.concatenate([self._counts_P, np.ones(len(self._waiting), np.int64)])
        self._waiting = []
        self._pairs_P, places_P = np.unique(both_P, return_inverse=True)
        self._counts_P = np.bincount(places_P, weights_P, len(self._pairs_P)).astype(np.int64)

    def nearest(self, counts: Mapping[str, int], number: int) -> list[str]:
        """Of each item, in the order of ``counts``: the nearest others with their nearness in thousandths, the best
        first, as `place nearness place nearness …`, for a list of numbers would be a line of JSON a number.

        Nearness is the cosine of the rows of counts, with what is rare moved towards 0: √(aᵢ aⱼ) grows by a constant.
        """
        self._count()
        place_of = {item: place for place, item in enumerate(counts)}
        found: list[list[tuple[float, int]]] = [[] for _ in place_of]
        order = np.array([place_of[item] for item in self._ids], np.int64)
        often = np.maximum(np.array([*counts.values()], np.float64), 1.0)
        ones, others = order[self._pairs_P >> _HALF], order[self._pairs_P & ((1 << _HALF) - 1)]
        for one, other, together in zip(ones.tolist(), others.tolist(), self._counts_P.tolist(), strict=True):
            near = together / (float(often[one] * often[other]) ** 0.5 + _SHRINK)
            if one != other:
                found[one].append((-near, other))
                found[other].append((-near, one))
        return [" ".join(_written(sorted(each)[:number])) for each in found]


def _written(near: Sequence[tuple[float, int]]) -> Iterator[str]:
    for less, place in near:
        if nearness := round(-less * _PARTS):
            yield f"{place} {nearness}"

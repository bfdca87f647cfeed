"""Two ways of making a model compared, each by the models that it made: those of several seeds are a group.

What the seeds do is chance too. The interval has both chances in it, that of the sentences and that of the seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from seqloom.metrics.bootstrap import Floats, blocks, ends, randomisation, resampled
from seqloom.metrics.counts import Counts, check_samples

__all__ = ["GroupComparison", "compare_groups", "holm"]

_LIKELY = 0.05
"""Differences that chance makes more often than this are not told from it."""
_MOST_PARTITIONS = 20_000


@dataclass(frozen=True, kw_only=True)
class GroupComparison:
    """Two groups' scores by one metric on one test set."""

    name: str
    signature: str
    higher_is_better: bool
    digits: int | None
    first: tuple[float, ...]
    """The value of each model of the group."""
    second: tuple[float, ...]
    difference: float
    """The second group's mean less the first's."""
    low: float
    high: float
    """The ends of the difference's 95 % interval: other sentences (paired bootstrap, Koehn 2004) and other seeds."""
    p: float
    """How likely a difference as great is if who gave an answer did not matter: approximate randomisation, Riezler &
    Maxwell 2005. These models are compared; that other seeds make others is not in it."""
    p_seeds: float | None = None
    """The same if it did not matter which group a seed belongs to: all ways to part them. None without several of
    both."""
    least_p_seeds: float | None = None
    """Below this so few seeds cannot come."""
    compared: int = 1
    """How many groups were compared with the first one: ``p`` is larger for it (Holm 1979)."""

    @property
    def told_apart(self) -> bool:
        return self.p < _LIKELY and not self.low <= 0 <= self.high

    @property
    def better(self) -> bool:
        """Whether the second is, be it by chance or not."""
        return (self.difference > 0) == self.higher_is_better and self.difference != 0

    @property
    def tells(self) -> float:
        """Differences from about here on are told from chance by so many sentences and seeds."""
        return (self.high - self.low) / 2

    @property
    def several(self) -> bool:
        """Whether there are several seeds of one of them at least."""
        return len(self.first) > 1 or len(self.second) > 1

    def shown(self, value: float, *, signed: bool = False) -> str:
        """A number of the score's kind, for people."""
        sign = "+" if signed else ""
        return f"{value:{sign}.4g}" if self.digits is None else f"{value + 0.0:{sign}.{self.digits}f}"

    def to_data(self) -> dict[str, Any]:
        """The comparison as JSON can hold it."""
        return asdict(self) | {"told_apart": self.told_apart, "better": self.better, "tells": self.tells}


def compare_groups(
    first: Sequence[Counts], second: Sequence[Counts], *, samples: int = 1000, seed: int = 12345
) -> GroupComparison:
    """The models' counts of the same sentences by the same metric. Of one model each it is ``compare``."""
    check_samples(samples, required=True)
    counts = first[0]
    values = tuple(tuple(each.value for each in group) for group in (first, second))
    low, high = _interval(first, second, samples=samples, seed=seed)
    enough = min(len(first), len(second)) > 1
    head, _, rest = counts.signature.partition("|")
    return GroupComparison(
        name=counts.name,
        signature=f"{head}|bs:{samples}|ar:{samples}|seed:{seed}|{rest}",
        higher_is_better=counts.higher_is_better,
        digits=counts.digits,
        first=values[0],
        second=values[1],
        difference=float(np.mean(values[1]) - np.mean(values[0])),
        low=low,
        high=high,
        p=_randomisation(first, second, samples=samples, seed=seed),
        p_seeds=_partitions(*values, seed=seed) if enough else None,
        least_p_seeds=_least(len(first), len(second)) if enough else None,
    )


def holm(comparisons: Sequence[GroupComparison]) -> list[GroupComparison]:
    """Of several questions put to the same sentences, p such that one wrong yes among all is as rare (Holm 1979)."""
    number = len(comparisons)
    found = [*comparisons]
    p = 0.0
    for rank, place in enumerate(sorted(range(number), key=lambda place: comparisons[place].p)):
        p = min(1.0, max(p, (number - rank) * comparisons[place].p))
        found[place] = replace(comparisons[place], p=p, compared=number)
    return found


def _interval(first: Sequence[Counts], second: Sequence[Counts], *, samples: int, seed: int) -> tuple[float, float]:
    generator = np.random.default_rng([seed, 1])  # of the sentences' draws another
    one_S, other_S = (_means(group, generator, samples=samples, seed=seed) for group in (first, second))
    return ends(other_S - one_S)


def _means(group: Sequence[Counts], generator: np.random.Generator, *, samples: int, seed: int) -> Floats:
    """The group's mean on each resample of the sentences, all models on the same ones, and of its seeds.

    Few seeds drawn anew are less unlike than they are: their mean moves by √(M / (M - 1)) too little.
    """
    models = len(group)
    values_MS = np.stack([each.formula(resampled(each.rows_NK, samples=samples, seed=seed)) for each in group])
    mean_S: Floats = values_MS.mean(0)
    if models == 1:
        return mean_S
    drawn_MS = generator.integers(models, size=(models, samples))
    moved_S: Floats = np.take_along_axis(values_MS, drawn_MS, axis=0).mean(0) - mean_S
    return mean_S + moved_S * math.sqrt(models / (models - 1))


def _randomisation(first: Sequence[Counts], second: Sequence[Counts], *, samples: int, seed: int) -> float:
    """Each sentence's answers change owners by chance; of one model each, sides."""
    formula, rows = first[0].formula, [each.rows_NK for each in (*first, *second)]
    if len(rows) == 2:
        return randomisation(rows[0], rows[1], formula, samples=samples, seed=seed)
    number, models, some = len(rows[0]), len(rows), len(first)
    values = np.array([float(formula(each.sum(0))) for each in rows])
    found = abs(values[some:].mean() - values[:some].mean())
    generator = np.random.default_rng(seed)
    as_great = 0
    for size in blocks(samples, number * models):
        owner_BNM = generator.random((size, number, models)).argsort(-1)
        values_MB = np.stack(
            [
                formula(
                    np.stack(
                        [(owner_BNM[..., model] == who).astype(np.float64) @ each for who, each in enumerate(rows)]
                    ).sum(0)
                )
                for model in range(models)
            ]
        )
        differences_B = values_MB[some:].mean(0) - values_MB[:some].mean(0)
        # The same sums in another order differ in the last bits.
        as_great += int((abs(differences_B) >= found - 1e-9).sum())
    return (as_great + 1) / (samples + 1)


def _partitions(first: Sequence[float], second: Sequence[float], *, seed: int) -> float:
    """The share of the ways to part the models into groups of these sizes that part them as much."""
    values = np.array([*first, *second])
    some, total = len(first), values.sum()
    found = abs(np.mean(second) - np.mean(first))
    number = math.comb(len(values), some)
    if number <= _MOST_PARTITIONS:
        chosen = np.array([*combinations(range(len(values)), some)])
    else:
        generator = np.random.default_rng(seed)
        chosen = generator.random((_MOST_PARTITIONS, len(values))).argsort(-1)[:, :some]
    sums = values[chosen].sum(-1)
    differences = abs((total - sums) / (len(values) - some) - sums / some)
    return float((differences >= found - 1e-9).mean())


def _least(first: int, second: int) -> float:
    """Of groups of one size, parting them the other way round is as much."""
    return (2 if first == second else 1) / math.comb(first + second, first)

"""What a recipe does with the time that it is given: `--budget` measures first, and chooses then.

Little time wants small batches, little dropout and a small model; much time wants the contrary. What is much, a clock
cannot say: on a quick machine ten minutes teach more words than on a slow one. So a recipe's rungs speak of words, and
the machine says how many of them it learns in the time. How often a pair comes back is the data's to say: what is seen
twenty times is learnt by heart where what is seen twice is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from seqloom.core import settings
from seqloom.core.errors import RecipeError
from seqloom.core.settings import Amount, Positive

__all__ = ["BudgetSettings", "check_rungs", "keys_of", "meets", "outlook", "within"]

_MAY_SET = ("training.", "model.", "data.batches.")
"""What can still be chosen when the data is numbered and the machine was timed."""
_DOUBLING = 0.5
"""What twice the time brings, as a share of what the second half of a run does, in which the rate falls to nothing.
From 5 to 10 minutes of Multi30k it was 0.6; it is less where more time means more repetition."""
_FEWEST = 3
"""Validations without which nothing can be said of a run's course."""
_LEARNING = 0.85
"""The share of the time that steps have; the rest is for timing, validations and checkpoints."""


@dataclass(frozen=True, kw_only=True)
class BudgetSettings:
    """The rung."""

    tokens: Positive
    """Up to so many target tokens, repetitions counted, this is taken: as many as the machine learns in the time."""
    epochs: Amount = 0.0
    """And up to so many times through the data; 0: however often."""
    set: tuple[str, ...] = ()
    """What is taken in place of the recipe's: `"model.encoder.dropout=0.1"`, as with `--set`, which goes before it."""

    def __post_init__(self) -> None:
        for text in self.set:
            if "=" not in text:
                raise RecipeError(f'set must have "key=value" in it, but has "{text}". Write what the key shall be.')
        for key in keys_of(self.set):
            if not key.startswith(_MAY_SET):
                raise RecipeError(
                    f"set must name keys of `training`, `model` or `data.batches`, but names `{key}`. The others are "
                    "needed before the machine is timed."
                )

    @property
    def bounds(self) -> tuple[float, float]:
        """Of the tokens, and of the times through the data."""
        return self.tokens, self.epochs or math.inf

    def holds(self, tokens: float, *, times: float) -> bool:
        """Whether it is for so many tokens, in which the data comes by so many times."""
        most, most_times = self.bounds
        return tokens <= most and times <= most_times


class Budgeted(Protocol):
    """A recipe, for all that is asked of it here."""

    @property
    def budget(self) -> Sequence[BudgetSettings]: ...


R = TypeVar("R", bound=Budgeted)


def keys_of(overrides: Sequence[str]) -> list[str]:
    """The dotted keys of "key=value"."""
    return [each.partition("=")[0].strip() for each in overrides]


def meets(key: str, others: Iterable[str]) -> bool:
    """Whether a key sets what one of the others does: it, a table that it is in, or something of the table that it is.

    A `kind` says what is in its table.
    """
    mine, *theirs = (f"{each.removesuffix('.kind')}." for each in (key, *others))
    return any(mine.startswith(each) or each.startswith(mine) for each in theirs)


def at(recipe: R, rung: BudgetSettings, *, fixed: Sequence[str] = (), where: str = "recipe") -> tuple[R, list[str]]:
    """The recipe as the rung has it, but for keys that stay as they are; and what the rung has set."""
    free = [text for text, key in zip(rung.set, keys_of(rung.set), strict=True) if not meets(key, fixed)]
    return settings.parse(type(recipe), settings.override(settings.to_data(recipe), free), where=where), free


def check_rungs(recipe: Budgeted, *, where: str = "recipe", fixed: Sequence[str] = ()) -> None:
    """RecipeError unless each rung makes a recipe, and is for what those before it are not for."""
    for number, rung in enumerate(recipe.budget):
        at(recipe, rung, fixed=fixed, where=f"{where}: with `budget.{number}.set`")
    for one, next_one in pairwise(recipe.budget):
        if next_one.bounds <= one.bounds:
            raise RecipeError(
                f"{where}: `budget` must rise in its `tokens`, or in its `epochs` where those are the same, but "
                f"{_told(next_one)} comes after {_told(one)}. Sort it."
            )


def within(
    recipe: R, seconds: float, *, fixed: Sequence[str], epoch: int, speed_of: Callable[[R], float]
) -> tuple[R, str]:
    """The recipe for so many seconds, and a line that says what was chosen and why.

    ``fixed`` are keys that a person has set, which stay; ``epoch`` is the number of target tokens in the data, and
    ``speed_of`` says how many a recipe learns in a second. Rungs are tried from the shortest on: the first whose bounds
    the machine would not pass is taken, and the recipe as it stands where there is more time than for the last.
    """
    for rung in recipe.budget:
        chosen, free = at(recipe, rung, fixed=fixed)
        tokens = _LEARNING * seconds * speed_of(chosen)
        if rung.holds(tokens, times=tokens / epoch):
            return chosen, f"{_time_for(tokens, epoch)}, so {', '.join(free) or 'nothing else is set'}"
    return recipe, f"{_time_for(_LEARNING * seconds * speed_of(recipe), epoch)}, so the recipe as it stands"


def outlook(history: Sequence[Mapping[str, Any]], *, name: str, higher_is_better: bool) -> str:
    """What a longer budget would likely bring, by the course of one that is over; nothing after few validations."""
    if len(history) < _FEWEST:
        return ""
    last = history[-1]
    half = min(history, key=lambda each: abs(each["step"] - last["step"] / 2))
    gain = _DOUBLING * (last["score"] - half["score"]) * (1 if higher_is_better else -1)
    if not gain > 0:
        return f"A longer budget would likely bring nothing: {name} was as good halfway. More pairs would."
    return f"A budget twice as long would likely bring {name} {'+' if higher_is_better else '-'}{gain:.2g}."


def _told(rung: BudgetSettings) -> str:
    return f"{rung.tokens:,}" + (f" in {rung.epochs:g} epochs" if rung.epochs else "")


def _time_for(tokens: float, epoch: int) -> str:
    times = tokens / epoch
    return f"time for {_round(tokens)} target tokens, the data {times:{',.0f' if times >= 10 else '.1f'}} times"


def _round(tokens: float) -> str:
    return f"{tokens / 1e6:,.1f} million" if tokens >= 1e6 else f"{round(tokens, -3):,.0f}"

"""A further task as a recipe of its own, so that whatever works by a recipe knows nothing of tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from seqloom.core.errors import RecipeError
from seqloom.core.wording import one_of
from seqloom.tasks import PairsSettings

if TYPE_CHECKING:
    from seqloom.workflow.recipe import Recipe

__all__ = ["check_same", "check_tasks", "task_recipe"]


def task_recipe(recipe: Recipe, name: str) -> Recipe:
    """The recipe with that task's data, decoder, head and metrics in the place of the main task's."""
    if name not in recipe.data.tasks:
        raise RecipeError(
            f"`task` must be {one_of(recipe.data.tasks) if recipe.data.tasks else 'left out'}, but is {one_of([name])}."
        )
    own, branch = recipe.data.tasks[name], recipe.model.tasks[name]
    evaluation = recipe.evaluation.tasks.get(name)
    return replace(
        recipe,
        task=PairsSettings(),
        data=replace(
            recipe.data,
            train=own.train,
            valid=own.valid,
            test=own.test,
            source_columns=own.source_columns or recipe.data.source_columns,
            target_columns=own.target_columns,
            target_tokenizer=own.target_tokenizer or recipe.data.target_tokenizer or recipe.data.tokenizer,
            max_target=own.max_target,
            rows="pairs",
            joint=False,
            vocabulary_of="",
            mixture=replace(recipe.data.mixture, weights=()),
            tasks={},
        ),
        model=replace(
            recipe.model, target=branch.target, decoder=branch.decoder, head=branch.head, tie=branch.tie, tasks={}
        ),
        training=recipe.training.task(name),
        evaluation=replace(
            recipe.evaluation,
            metrics=recipe.evaluation.metrics if evaluation is None else evaluation.metrics,
            one_source=recipe.evaluation.one_source if evaluation is None else evaluation.one_source,
            tasks={},
        ),
    )


def check_tasks(recipe: Recipe) -> None:
    """Every task must be a recipe that can be, and be named alike everywhere."""
    names = recipe.data.tasks.keys()
    check_same("data.tasks", names, "model.tasks", recipe.model.tasks)
    for where, named in (
        ("evaluation.tasks", recipe.evaluation.tasks),
        ("training.tasks", recipe.training.tasks),
    ):
        if odd := sorted(named.keys() - names):
            raise RecipeError(f"{where} must name tasks of `data.tasks`, but names `{odd[0]}`. Leave it out.")
    if names and recipe.data.source == "none":
        raise RecipeError('data.source must be "given" with `data.tasks`, which share a source, but is "none".')
    for name in names:
        try:
            task_recipe(recipe, name)
        except RecipeError as error:
            raise RecipeError(*(f"task `{name}`: {line}" for line in error.mistakes)) from None


def check_same(first_at: str, first: Iterable[str], second_at: str, second: Iterable[str]) -> None:
    """What two tables name must be the same."""
    if odd := {*first} ^ {*second}:
        name = min(odd)
        there, missing = (first_at, second_at) if name in first else (second_at, first_at)
        raise RecipeError(
            f"{first_at} and {second_at} must name the same, but `{name}` is only in `{there}`. "
            f"Add `[{missing}.{name}]`."
        )

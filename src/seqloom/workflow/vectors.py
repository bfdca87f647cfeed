"""What a recipe must say alike in several places where a side of its data is a series of numbers."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING

from seqloom.core.errors import RecipeError
from seqloom.core.wording import show
from seqloom.data.series import SeriesSides
from seqloom.metrics.names import SERIES_METRICS

if TYPE_CHECKING:
    from seqloom.workflow.asking import AnswerSettings
    from seqloom.workflow.recipe import Recipe
    from seqloom.workflow.use import Use

__all__ = ["check_answers", "check_vectors", "series_sides"]

_OBJECTIVES = frozenset({"cross_entropy", "coverage", "alignment", "kl"})
"""Those that ask nothing of the target's words."""


def series_sides(recipe: Use, channels: MutableMapping[str, int] | None = None) -> SeriesSides:
    """Which sides of a row are series; ``channels`` where they are known, or to be known by whoever reads on."""
    source, target = _of_numbers(recipe)
    return SeriesSides(
        source=source, target=target, joint=recipe.data.joint, channels={} if channels is None else channels
    )


def check_vectors(recipe: Recipe) -> None:
    """A RecipeError where data, model, training and evaluation do not speak of the same thing."""
    data, model = recipe.data, recipe.model
    for side, numbers, part, token in zip(
        ("source", "target"), _of_numbers(recipe), (model.source, model.target), ("text", "tokens"), strict=True
    ):
        kind = getattr(part, "kind", None)
        if kind in ("vectors", token) and (kind == "vectors") != numbers:
            tokenizer = _tokenizer_key(recipe, side)
            made = "vectors" if numbers else "tokens"
            raise RecipeError(
                f'model.{side}.kind must be what the data is, but is "{kind}" where `data.{tokenizer}.kind` makes '
                f'{made}. Set both to "vectors", or neither.'
            )
    source, target = _of_numbers(recipe)
    if source or target:
        _check_data(recipe, source=source)
    series = [name for name in recipe.evaluation.metrics if name in SERIES_METRICS]
    if not target and recipe.answers.search.kind == "paths":
        raise RecipeError(
            'answers.search.kind must not be "paths" where the target is text. Take "sampling", which draws it.'
        )
    if target:
        _check_training(recipe)
        check_answers(recipe.answers, recipe.model.head)
        if other := [name for name in recipe.evaluation.metrics if name not in SERIES_METRICS]:
            raise RecipeError(
                f'evaluation.metrics must measure series where the target is one, but has {show(other[0])}. Take "mae".'
            )
    elif series:
        raise RecipeError(f"evaluation.metrics must measure text, but has {show(series[0])}, which measures series.")
    if "mase" in series and not source:
        raise RecipeError('evaluation.metrics must not have "mase" where the source is text. Take "mae".')
    if data.joint and source != target:
        raise RecipeError("data.joint must be false where one side is a series of numbers and the other is text.")


def check_answers(answers: AnswerSettings, head: object) -> None:
    """An answer of numbers is its mean, frame by frame, or the median of paths: nobody searches for it, and nobody else
    has a say in it."""
    if (kind := answers.search.kind) not in ("beam", "paths"):
        raise RecipeError(
            f'answers.search.kind must be "beam" or "paths" where the target is a series of numbers, but is "{kind}".'
        )
    if kind == "paths" and getattr(head, "spread", "learnt") == "unit":
        raise RecipeError(
            'answers.search.kind must be "beam" where `model.head.spread` is "unit", for then none knows how far paths '
            'go apart, but is "paths".'
        )
    for name in ("ensemble", "language_model", "neighbours"):
        if getattr(answers, name) is not None:
            raise RecipeError(f"answers.{name} must be left out where the target is a series of numbers.")


def _of_numbers(recipe: Use) -> tuple[bool, bool]:
    source, target = recipe.data.fewest_channels
    return bool(source), bool(target)


def _tokenizer_key(recipe: Recipe, side: str) -> str:
    return "target_tokenizer" if side == "target" and recipe.data.target_tokenizer is not None else "tokenizer"


def _check_data(recipe: Recipe, *, source: bool) -> None:
    """What is done to words cannot be done to numbers."""
    data = recipe.data
    plain = type(data.cleaning)()
    changed = [
        name
        for name in ("lower", "stop_words", "remove_punctuation", "spaces", "source_spaces", "width", "min_length",
                     "max_length", "max_ratio")
        if getattr(data.cleaning, name) != getattr(plain, name)
    ]  # fmt: skip
    wrong = {
        **{f"data.cleaning.{name}": "is for text" for name in changed},
        **({"data.on_long": 'must not be "split"'} if data.on_long == "split" else {}),
        **({"data.alignment": "is between words"} if data.alignment is not None else {}),
        **({"data.special_tokens": "are for text"} if data.special_tokens else {}),
        **({"data.factors": "are of words"} if data.factors and source else {}),
        **({"data.sources": "stand beside a text"} if data.sources and source else {}),
        **({"data.source": 'must not be "none"'} if data.source == "none" else {}),
    }
    for key, why in wrong.items():
        raise RecipeError(f"{key} {why}, but a side of the data is a series of numbers. Leave it out.")


def _check_training(recipe: Recipe) -> None:
    training = recipe.training
    for name in ("smoothing", "r_drop", "word_dropout"):
        if value := getattr(training, name):
            raise RecipeError(f"training.{name} must be 0 where the target is a series of numbers, but is {value:g}.")
    if training.sampling.kind != "none":
        raise RecipeError(
            f'training.sampling.kind must be "none" where the target is a series of numbers, '
            f'but is "{training.sampling.kind}".'
        )
    for chosen in training.objectives:
        kind = getattr(chosen, "kind", "cross_entropy")  # a part of the recipe's author is trusted to know
        if kind not in _OBJECTIVES and ":" not in kind:
            raise RecipeError(
                f'training.objectives must not have "{kind}", which is about words, where the target is a series of '
                f"numbers."
            )
        if getattr(chosen, "smoothing", None):
            raise RecipeError("training.objectives must not smooth where the target is a series of numbers.")

"""The families: each is a recipe that ships, and what is set in it to make five models of comparable size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seqloom.core.errors import RecipeError
from seqloom.core.wording import must_be, one_of
from seqloom.workflow.recipe import Recipe, load_recipe

__all__ = ["FAMILIES", "FIXED_VECTOR", "Family", "chosen"]

_BUDGETED = "translation"
"""Whose rungs all families take: batches, dropout and the optimizer are the same for all in the same time."""
_ALIKE = (
    "model.tie=output",  # the Transformer's three-way tie needs a joint vocabulary, which not all pairs have
    "training.epochs=0",  # time is the only end, or a fast family would not use what it is given
)


@dataclass(frozen=True, kw_only=True)
class Family:
    """A way to turn one sequence into another."""

    name: str
    """Of its folder, and for `--only`."""
    title: str
    """For people."""
    recipe: str
    set: tuple[str, ...] = ()
    attends: bool = True

    def build(self, overrides: Sequence[str] = ()) -> Recipe:
        """Its recipe, with what a person sets for all families behind what is set for this one.

        Where that is a number of steps, these are the end for all, and no clock chooses anything.
        """
        recipe = load_recipe(self.recipe, overrides=(*_ALIKE, *self.set, *overrides))
        timed = not recipe.training.steps
        return replace(recipe, budget=load_recipe(_BUDGETED).budget if timed else ())


FIXED_VECTOR = Family(
    name="rnn",
    title="RNN + fixed vector",
    recipe="translation-rnn",
    set=(
        "model.encoder.cell=tanh",
        "model.decoder.cell=tanh",
        "model.encoder.layers=2",
        "model.decoder.layers=2",
        "model.decoder.attention.kind=none",
        # At hand at every step (Cho et al. 2014): what it loses then is what does not fit into it, and not what the
        # cell forgets of its first state.
        "model.decoder.attention.context=every",
        "model.decoder.attend=after",
    ),
    attends=False,
)

FAMILIES: tuple[Family, ...] = (
    FIXED_VECTOR,
    Family(name="gru", title="GRU + additive attention", recipe="translation-rnn"),
    Family(name="lstm", title="LSTM + general attention", recipe="translation-lstm"),
    Family(
        name="conv",
        title="Convolution",
        recipe="translation-conv",
        set=(
            "model.source.width=192",
            "model.target.width=192",
            "model.encoder.width=192",
            "model.decoder.width=192",
        ),
    ),
    Family(name="transformer", title="Transformer", recipe="translation"),
)
"""From the oldest to the newest (Elman 1990, Bahdanau 2015, Luong 2015, Gehring 2017, Vaswani 2017)."""


def chosen(only: Sequence[str]) -> tuple[Family, ...]:
    """Those of these names, in our order; all where none is named."""
    names = [each.name for each in FAMILIES]
    for name in only:
        if name not in names:
            raise RecipeError(must_be("--only", one_of(names), name, names=names))
    return tuple(each for each in FAMILIES if not only or each.name in only)

from __future__ import annotations

import pytest

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.families.family import FAMILIES, chosen


def test_families_are_of_comparable_size_and_trained_alike() -> None:
    vocabulary = Specials(size=6000)
    sizes = []
    for family in FAMILIES:
        recipe = family.build()
        model = recipe.model.build(source=vocabulary, target=vocabulary, parts={"text": vocabulary}, tasks={})
        sizes.append(sum(each.numel() for each in model.parameters()))
        first = FAMILIES[0].build()
        assert recipe.budget == first.budget
        assert recipe.data == first.data, "they could not share their numbers"
        assert (recipe.training.seed, recipe.training.epochs) == (first.training.seed, 0.0)
        assert (recipe.evaluation, recipe.answers) == (first.evaluation, first.answers)
    assert max(sizes) < 1.6 * min(sizes), sizes


def test_only_the_first_has_no_attention() -> None:
    kinds = [getattr(family.build().model.decoder, "attention", None) for family in FAMILIES]
    assert [getattr(each, "kind", None) for each in kinds[:3]] == ["none", "additive", "general"]
    assert [family.attends for family in FAMILIES] == [False, True, True, True, True]


def test_steps_that_are_set_leave_no_choice_to_the_clock() -> None:
    assert all(family.build(["training.steps=500", "training.warmup=10"]).budget == () for family in FAMILIES)


def test_some_of_them_by_name() -> None:
    assert [each.name for each in chosen(["conv", "rnn"])] == ["rnn", "conv"]
    assert len(chosen([])) == 5
    with pytest.raises(RecipeError, match=r'`--only` must be one of "rnn", .*, but is "grru"\. Did you mean "gru"\?'):
        chosen(["grru"])

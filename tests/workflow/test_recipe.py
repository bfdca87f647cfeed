"""What `seqloom check` tells of a model must be what the model is."""

from __future__ import annotations

import pytest

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse, to_data
from seqloom.core.specials import Specials
from seqloom.workflow.recipe import Recipe, load_recipe, shipped_recipes
from seqloom.workflow.summary import summarize

TRANSFORMER = {
    "data": {"tokenizer": {"kind": "word", "size": 50}},
    "model": {
        "tie": "all",
        "source": {"width": 16},
        "target": {"width": 16},
        "encoder": {"kind": "transformer", "layers": 3, "width": 16, "heads": 2, "feed_forward": 32},
        "decoder": {"kind": "transformer", "layers": 2, "width": 16, "heads": 2, "feed_forward": 32},
    },
}


def table(summary: str) -> dict[str, list[str]]:
    """A summary's rows by the path of the part."""
    rows: dict[str, list[str]] = {}
    path: list[str] = []
    for line in summary.splitlines()[1:-1]:
        depth = (len(line) - len(line.lstrip())) // 2
        name, *rest = line.split()
        path = [*path[:depth], name]
        rows["/".join(path)] = rest
    return rows


def test_every_parameter_is_counted_once() -> None:
    recipe = parse(Recipe, TRANSFORMER)
    vocabulary = Specials(size=50)
    built = recipe.model.build(source=vocabulary, target=vocabulary)
    real = sum(parameter.numel() for parameter in built.parameters())
    summary = summarize(recipe)
    assert summary.splitlines()[-1] == f"{real:,} parameters"
    rows = table(summary)
    parts = [row[-1] for path, row in rows.items() if "/" not in path]
    assert sum(int(count.replace(",", "")) for count in parts) == real


def test_what_is_tied_is_counted_where_it_stands_first() -> None:
    rows = table(summarize(parse(Recipe, TRANSFORMER)))
    assert rows["source/embedding/table"] == ["Embedding", "50×16", "800"]
    assert rows["decoder/embedding/table"] == ["Embedding", "50×16", "tied"]
    assert rows["head"][-1] == "50"  # its bias; the matrix is the embedding's


def test_layers_that_are_alike_are_one_row() -> None:
    rows = table(summarize(parse(Recipe, TRANSFORMER)))
    assert rows["encoder/layers"][:3] == ["3", "×", "EncoderLayer"]
    assert rows["encoder/layers/self_attention/query"] == ["Linear", "16×16,", "16", "272"]


def test_layers_that_differ_have_a_row_each() -> None:
    model = {"encoder": {"kind": "recurrent", "layers": 2, "width": 16}, "source": {"width": 8}}
    rows = table(summarize(parse(Recipe, {"model": model})))
    assert rows["encoder/layers/0/forwards/cell/input"][1] == "24×8,"
    assert rows["encoder/layers/1/forwards/cell/input"][1] == "24×16,"


def test_parts_that_cannot_work_together_are_a_mistake() -> None:
    recipe = parse(Recipe, {"model": {"decoder": {"kind": "pooled"}, "head": {"kind": "copy"}}})
    with pytest.raises(RecipeError, match="needs a decoder that attends"):
        summarize(recipe)


def test_a_resolved_recipe_says_everything() -> None:
    recipe = parse(Recipe, {})
    assert parse(Recipe, to_data(recipe)) == recipe


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_shipped_recipe_builds_and_explains_itself(name: str) -> None:
    """Every choice has its reason behind it."""
    recipe = load_recipe(name)
    assert recipe.about
    assert "parameters" in summarize(recipe)
    text = shipped_recipes()[name].read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if " = " in line and " # " not in line][1:] == []


def test_a_recipe_that_is_not_there_is_told_from_those_that_are() -> None:
    with pytest.raises(RecipeError, match="Did you mean `translation`"):
        load_recipe("translatoin")


def test_a_folder_of_data_may_be_called_as_a_recipe_is(tmp_path, monkeypatch) -> None:
    (tmp_path / "inflection").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_recipe("inflection").about == load_recipe(shipped_recipes()["inflection"]).about

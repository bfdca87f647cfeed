"""Further tasks in a recipe: what their own recipes are, how their data is prepared, and what else they go with."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from seqloom.core import settings
from seqloom.core.errors import DataError, RecipeError
from seqloom.workflow.folder import begin_folder, open_numbering
from seqloom.workflow.loading import load
from seqloom.workflow.preparing import open_data, prepare_data
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.training import train

WORD = {"kind": "word", "split": "space"}
GRU = {"kind": "recurrent", "cell": "gru", "width": 16, "layers": 1}


def recipe(data: dict[str, Any] | None = None, task: dict[str, Any] | None = None, **more: Any) -> Recipe:
    return settings.parse(
        Recipe,
        {
            "data": {"joint": False, "tokenizer": WORD, "held_out": 0.2, "tasks": {"kind": task or {}}} | (data or {}),
            "model": {"tasks": {"kind": {"decoder": {"kind": "pooled", "width": 8}}}},
        }
        | more,
    )


def write(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_a_task_is_a_recipe_of_its_own() -> None:
    made = recipe(
        {"max_source": 9, "train": ["a.tsv"], "mixture": {"weights": [1.0]}},
        {"train": ["b.tsv", "c.tsv"], "target_columns": [3], "target_tokenizer": {"kind": "character"}},
        evaluation={"metrics": ["bleu"], "tasks": {"kind": {"metrics": ["accuracy"]}}},
        answers={"beam": 3},
    )
    kind = made.of_task("kind")
    assert (kind.data.train, kind.data.target_columns, kind.data.max_source) == (("b.tsv", "c.tsv"), (3,), 9)
    assert kind.data.target_tokenizer is not None
    assert (kind.data.tokenizer.kind, kind.data.target_tokenizer.kind) == ("word", "character")
    assert kind.data.mixture.weights == ()
    assert kind.model.decoder.kind == "pooled"
    assert kind.model.encoder == made.model.encoder
    assert kind.evaluation.metrics == ("accuracy",)
    assert kind.answers.beam == 3
    assert not kind.data.tasks
    assert recipe().of_task("kind").data.target_tokenizer == recipe().data.tokenizer
    with pytest.raises(RecipeError, match='`task` must be "kind", but is "pos"'):
        made.of_task("pos")
    assert settings.parse(Recipe, settings.to_data(made)) == made


@pytest.mark.parametrize(
    ("data", "more", "said"),
    [
        ({"source": "none", "joint": True}, {}, 'data.source must be "given" with `data.tasks`'),
        ({}, {"training": {"objectives": [{"kind": "alignment"}]}}, "without `data.alignment`"),
        (
            {},
            {"evaluation": {"tasks": {"kind": {"metrics": ["mae"]}}}},
            "task `kind`: evaluation.metrics must measure text",
        ),
        ({}, {"evaluation": {"tasks": {"kind": {"metrics": []}}}}, "metrics must name at least one"),
    ],
)
def test_tasks_that_cannot_be(data: dict[str, Any], more: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said.replace("[", r"\[")):
        recipe(data, **more)


def test_sources_share_a_vocabulary_and_targets_have_their_own(tmp_path: Path) -> None:
    main = [f"a{number % 7} b\tB A{number % 7}" for number in range(60)]
    kinds = [f"a{number % 7} c{number % 3}\tK{number % 3}" for number in range(60)]
    made = recipe(task={"train": [write(tmp_path / "kind.tsv", *kinds)]})
    prepared, numbering = prepare_data(tmp_path / "data", made, train=[write(tmp_path / "a.tsv", *main)], valid=[])
    kind = numbering.tasks["kind"]
    assert kind.sources is numbering.sources
    assert all(numbering.sources.id_of(word) is not None for word in ("a1", "b", "c2"))
    assert numbering.targets.id_of("K1") is None
    assert kind.targets.id_of("K1") is not None
    assert kind.targets.id_of("A1") is None
    pair = prepared.tasks["kind"].corpora[0].pair(0)
    assert numbering.sources.decode(pair.text).startswith("a")
    assert kind.targets.decode(pair.target).startswith("K")
    assert prepared.tasks["kind"].valid_rows
    # A source that is kept from one task is kept from the other.
    held = {row.source for row in prepared.tasks["kind"].valid_rows}
    learnt = {
        numbering.sources.decode(prepared.tasks["kind"].corpora[0].pair(n).text)
        for n in range(len(prepared.tasks["kind"].corpora[0]))
    }
    assert not held & learnt
    assert any(line.startswith("kind: validation:") for line in prepared.report["lines"])
    assert {each["role"] for each in prepared.report["files"]} == {"train", "kind train"}
    again = open_data(tmp_path / "data")
    assert again.tasks["kind"].corpora[0].pair(3) == prepared.tasks["kind"].corpora[0].pair(3)
    assert again.longest_source == prepared.longest_source
    begin_folder(tmp_path / "model", made, numbering, longest_source=9, seen={}, trained={})
    opened = open_numbering(tmp_path / "model", made)
    assert opened.tasks["kind"].target_vocabulary == kind.target_vocabulary
    assert opened.tasks["kind"].sources is opened.sources


def test_a_task_without_files_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Name files in `data.tasks.kind.train`"):
        prepare_data(tmp_path / "data", recipe(), train=[write(tmp_path / "a.tsv", "a\tb")], valid=[])


def test_several_sources_several_tasks_and_a_series(tmp_path: Path) -> None:
    """The main task says the words of both sources, one further task their kind, another how many there are."""
    dice = random.Random(1)
    rows = []
    for _ in range(400):
        words, more = dice.choices("abc", k=dice.randint(1, 3)), dice.choices("xyz", k=dice.randint(1, 3))
        rows.append((" ".join(words), " ".join(more), " ".join(words + more), words[0].upper(), f"[{len(words)}.0]"))
    lines = ["\t".join(row) for row in (("source", "more", "target", "kind", "number"), *rows)]
    table = write(tmp_path / "rows.tsv", *lines)
    part = {"source": {"width": 16}, "encoder": GRU}
    made = settings.parse(
        Recipe,
        {
            "data": {
                "joint": False,
                "tokenizer": WORD,
                "sources": {"more": {"tokenizer": WORD}},
                "batches": {"tokens": 256},
                "tasks": {
                    "kind": {"train": [table], "target_columns": ["kind"]},
                    "count": {
                        "train": [table],
                        "target_columns": ["number"],
                        "target_tokenizer": {"kind": "vectors"},
                    },
                },
            },
            "model": {
                "source": {"kind": "several", "width": 16, "parts": {"text": part, "more": part}},
                "encoder": {"kind": "none"},
                "target": {"width": 16},
                "decoder": {**GRU, "width": 24},
                "tasks": {
                    "kind": {"target": {"width": 4}, "decoder": {"kind": "pooled", "width": 8, "pool": "attention"}},
                    "count": {
                        "target": {"kind": "vectors", "width": 4},
                        "decoder": {**GRU, "width": 8},
                        "head": {"kind": "vectors"},
                    },
                },
            },
            "training": {"steps": 500, "rate": 0.01, "warmup": 20, "validate_every": 500, "threads": 1},
            "evaluation": {
                "metrics": ["exact_match"],
                "pairs": 40,
                "tasks": {"kind": {"metrics": ["accuracy"]}, "count": {"metrics": ["mae"]}},
            },
        },
    )
    train(made, train=[table], out=tmp_path / "run", device="cpu", verbose=False)
    model = load(tmp_path / "run")
    question = {"source": "b a", "more": "z"}
    assert model.predict(question)[0].text == "b a z"
    assert model.predict(question, task="kind")[0].text == "B"
    assert model.evaluate(table, task="kind").numbers["accuracy"] > 95
    assert model.evaluate(table, task="count").numbers["mae"] < 0.35

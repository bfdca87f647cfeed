"""Further columns through the command line: factors, texts alone, and a language model."""

from __future__ import annotations

import json
import random
from itertools import product
from pathlib import Path

import pytest

from seqloom.cli.main import main

RECIPE = """
[data]
tokenizer.kind = "word"
joint = false
batches.tokens = 512

[data.factors.tense]
column = "time"

[model]
tie = "output"
source.width = 24
target.width = 24

[model.source.factors.tense]
combine = "concat"
width = 8

[model.encoder]
kind = "recurrent"
width = 32

[model.decoder]
kind = "recurrent"
width = 32

[training]
steps = 250
validate_every = 125
warmup = 10
rate = 0.02
threads = 1

[evaluation]
metrics = ["exact_match"]
beam = 1
pairs = 30

[answers]
beam = 1
"""

WORDS = {"go": ("goes", "went"), "see": ("sees", "saw"), "eat": ("eats", "ate"), "run": ("runs", "ran")}
"""A word says nothing of when."""


def rows(number: int, *, seed: int = 1) -> list[tuple[str, str, str]]:
    """Source, its factors, target."""
    dice = random.Random(seed)
    made = []
    for _ in range(number):
        words, times = dice.choices(list(WORDS), k=dice.randint(1, 4)), [dice.randrange(2) for _ in range(4)]
        said = [WORDS[word][time] for word, time in zip(words, times, strict=False)]
        made.append((" ".join(words), " ".join(("now", "then")[time] for time in times[: len(words)]), " ".join(said)))
    return made


def write_table(path: Path, made: list[tuple[str, str, str]]) -> Path:
    lines = ["source\ttime\ttarget", *("\t".join(row) for row in made)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("factors")
    recipe = folder / "tense.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    train, valid = write_table(folder / "train.tsv", rows(2000)), write_table(folder / "valid.tsv", rows(60, seed=2))
    out = folder / "run"
    assert main(["train", str(recipe), "--train", str(train), "--valid", str(valid), "--out", str(out)]) == 0
    return out


def run(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == status
    stdout, stderr = capsys.readouterr()
    return stdout, stderr


def test_the_same_words_are_answered_by_their_factors(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (model / "factors/tense/vocabulary.tsv").is_file()
    table = tmp_path / "asked.tsv"
    table.write_text("source\ttime\ngo see\tnow then\ngo see\tthen now\n", encoding="utf-8")
    assert run(capsys, "predict", model, table)[0] == "goes saw\nwent sees\n"
    objects = tmp_path / "asked.jsonl"
    lines = [{"source": "go see", "time": "then then"}, {"source": "eat", "time": ["now"], "more": 1}]
    objects.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert run(capsys, "predict", model, objects)[0] == "went saw\neats\n"
    test = write_table(tmp_path / "test.tsv", rows(60, seed=3))
    scored = json.loads(run(capsys, "evaluate", model, test, "--json")[0])
    assert scored["scores"]["exact_match"]["value"] > 90


def test_a_wrong_number_of_factors_is_one_clear_line(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "asked.tsv"
    table.write_text("source\ttime\ttarget\ngo\tnow\tgoes\ngo see\tnow\tgoes saw\n", encoding="utf-8")
    what = "`tense` must have a value for each of the source's 2 words, but has 1"
    assert f"{table}:3: {what}" in run(capsys, "evaluate", model, table, status=2)[1]
    recipe = model.parent / "tense.toml"
    said = run(capsys, "train", recipe, "--train", table, "--out", tmp_path / "run", status=2)[1]
    assert f"{table}:3: {what}" in said
    # A question's own fault is its own answer.
    stdout, stderr = run(capsys, "predict", model, table, status=2)
    assert stdout.split("\n")[0] == "goes"
    assert what in stdout + stderr
    (tmp_path / "plain.txt").write_text("go see\n", encoding="utf-8")
    assert "the column of `tense` is missing" in run(capsys, "predict", model, tmp_path / "plain.txt", status=2)[1]


def test_recipes_whose_halves_disagree_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "tense.toml"
    recipe.write_text(RECIPE.replace("[data.factors.tense]", "[data.factors.time]"), encoding="utf-8")
    said = run(capsys, "train", recipe, "--train", write_table(tmp_path / "a.tsv", rows(9)), status=2)[1]
    assert "data.factors and model.source.factors must name the same, but `tense` is only in `model.source" in said


def plain_recipe(path: Path, *settings: str) -> Path:
    text = RECIPE
    for part in (
        '[data.factors.tense]\ncolumn = "time"\n',
        '[model.source.factors.tense]\ncombine = "concat"\nwidth = 8\n',
    ):
        text = text.replace(part, "")
    text = text.replace("steps = 250", "steps = 150").replace("joint = false", "\n".join(["joint = true", *settings]))
    path.write_text(text, encoding="utf-8")
    return path


def test_texts_alone_are_learnt_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An autoencoder says what it is told; a language model says what it has read, whatever it is told."""
    lines = [" ".join(words) for words in product(("the", "a"), ("cat", "dog", "cow"), ("runs", "eats\tor sleeps"))]
    learnt = tmp_path / "train.txt"
    learnt.write_text("".join(f"{line}\n" for line in lines * 60), encoding="utf-8")
    asked = tmp_path / "asked.txt"
    asked.write_text("a dog runs\nthe cat eats\tor sleeps\n", encoding="utf-8")
    files = ["--train", learnt, "--valid", learnt]
    same = plain_recipe(tmp_path / "same.toml", 'rows = "texts"')
    run(capsys, "train", same, *files, "--out", tmp_path / "same")
    assert run(capsys, "predict", tmp_path / "same", asked)[0] == asked.read_text("utf-8")
    language = plain_recipe(tmp_path / "language.toml", 'rows = "texts"', 'source = "none"')
    run(capsys, "train", language, *files, "--out", tmp_path / "language")
    asked.write_text("a dog runs\nzzz\n" * 40, encoding="utf-8")
    said = run(capsys, "predict", tmp_path / "language", asked, "--sample", "--seed", "2")[0].splitlines()
    assert len(said) == 80
    assert sum(each in lines for each in said) > 70
    assert len(set(said) & set(lines)) > 8

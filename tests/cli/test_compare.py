"""`seqloom compare`, as a person uses it; its statistics are tested in tests/metrics/test_groups.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import seqloom
from seqloom.cli.main import main

from .small import RECIPE, pairs, write_pairs


def trained(folder: Path, name: str, *changes: str, steps: int = 2) -> Path:
    recipe = folder / "small.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    every = pairs(260)
    told = [f"training.steps={steps}", "training.warmup=1", f"training.validate_every={steps}", *changes]
    seqloom.train(recipe, train=every[:240], valid=every[240:], out=folder / name, set=told, verbose=False)
    return folder / name


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds of one recipe that learnt nothing, and one that learnt something."""
    folder = tmp_path_factory.mktemp("compared")
    for seed in (1, 2):
        trained(folder, f"few-{seed}", f"training.seed={seed}")
    trained(folder, "many", steps=120)
    return folder


@pytest.fixture
def tested(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "test.tsv", pairs(40, seed=3))


def test_what_learnt_is_better_and_the_page_says_so(
    models: Path, tested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    arguments = [
        "compare",
        str(models / "few-1"),
        str(models / "many"),
        "--on",
        str(tested),
        "--metrics",
        "bleu",
        "chrf",
    ]
    assert main([*arguments, "--samples", "200", "--html", str(page)]) == 0
    said, heard = capsys.readouterr()
    lines = said.splitlines()
    assert lines[0] == f"40 pairs of {tested}"
    assert lines[2].startswith("many is better than few-1: +")
    assert "trained with one seed" in lines[3]
    assert any(line.startswith("BLEU: nrefs:1|bs:200|ar:200|seed:12345|") for line in lines)
    assert any("by the source's length" in line for line in lines)
    assert any(line.startswith("Where many is better by most") for line in lines)
    assert "many: 40 of 40 answered" in heard
    html = page.read_text(encoding="utf-8")
    assert "Is many better than few-1?" in html
    assert "<mark>" in html
    assert "http" not in html


def test_seeds_of_one_recipe_are_one_group(models: Path, tested: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(models / name) for name in ("many", "few-1", "few-2")]
    assert main(["compare", *folders, "--on", str(tested), "--metrics", "chrf", "--samples", "100", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["seeds"]) for each in data["groups"]] == [("many", [1]), ("few", [1, 2])]
    [contest] = data["comparisons"]
    assert contest["verdict"].startswith("few is worse than many: -")
    [metric] = contest["metrics"]
    assert len(metric["second"]) == 2
    assert metric["difference"] == pytest.approx(sum(metric["second"]) / 2 - metric["first"][0])
    assert metric["p_seeds"] is None
    few = data["models"]["few-1"]
    assert few["trained_steps"] == 2
    assert few["parameters"] > 1000
    assert few["rate"] > 0
    assert sum(part["sentences"] for part in contest["by_source_length"]) == 40
    assert contest["worse"][0]["first_alone"] > contest["worse"][0]["second_alone"]


def test_seeds_alone_are_no_comparison(models: Path, tested: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(models / "few-1"), str(models / "few-2"), "--on", str(tested)]) == 2
    assert "these differ by their seeds alone (1, 2)" in capsys.readouterr().err


def test_what_was_exported_is_compared_with_its_model(
    tested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ctranslate2")
    parts = [f"model.{side}.kind=transformer" for side in ("encoder", "decoder")]
    model, out = trained(tmp_path, "model", *parts), tmp_path / "as-int8"
    assert main(["export", str(model), "--to", "ctranslate2", "--quantize", "int8", "-o", str(out)]) == 0
    capsys.readouterr()
    asked = ["compare", str(model), str(out), "--on", str(tested), "--samples", "40"]
    assert main(asked) == 0
    assert "as-int8 and model are the same by exact match" in capsys.readouterr().out
    assert main([*asked, "--json"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert models["as-int8"]["parameters"] is models["as-int8"]["trained_seconds"] is None
    assert 0 < models["as-int8"]["megabytes"] < models["model"]["megabytes"] + 1


def test_models_of_another_vocabulary_and_other_metrics(
    models: Path, tested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = trained(tmp_path, "letters", "data.tokenizer.kind=character", 'evaluation.metrics=["cer"]')
    asked = ["compare", str(models / "few-1"), str(other), "--on", str(tested), "--samples", "40", "--beam", "1"]
    assert main(asked) == 2
    err = capsys.readouterr().err
    assert "models must be measured alike to be compared" in err
    assert len(err.splitlines()) == 1
    # It is said before the pairs are read, which one of two tasks cannot.
    assert main(["compare", str(models / "few-1"), str(other), "--on", str(tmp_path / "nowhere.tsv")]) == 2
    assert "models must be measured alike to be compared" in capsys.readouterr().err
    assert main([*asked, "--metrics", "chrf"]) == 0
    assert capsys.readouterr().out.count("letters") > 1


def test_models_of_another_task_are_one_line(
    models: Path, tested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    series = [([step / 10 for step in range(start, start + 8)], [0.1, 0.2]) for start in range(30)]
    told = ["training.steps=2", "training.warmup=1", "training.validate_every=2"]
    seqloom.train("forecast", train=series, out=tmp_path / "series", set=told, verbose=False)
    assert main(["compare", str(models / "many"), str(tmp_path / "series"), "--on", str(tested)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("models must be of one task to be compared, but many is of text and series is of series of")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "name two model folders at least"),
        (["{models}/many"], "there is many alone"),
        (["{models}/many", "{models}/many"], "there is many alone"),
        (["{models}/many", "nothing"], "nothing: there is no such folder"),
        (["{models}/many", "{models}/few-1", "--metrics", "blue"], 'Did you mean "bleu"?'),
        (["{models}/many", "{models}/few-1", "--samples", "5"], "`samples` must be at least 40, but is 5."),
        (["{models}/many", "{models}/few-1", "--html", "page.pdf"], "`--html` must end in .html, but is page.pdf."),
        (["{models}/many", "{models}/few-1", "--html", "nowhere/page.html"], "there is no folder nowhere"),
        (["{models}/many", "{models}/few-1", "--sentences", "-1"], "`--sentences` must be at least 0, but is -1."),
    ],
)
def test_what_a_person_can_mend_is_one_line(
    models: Path, tested: Path, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [each.format(models=models) for each in arguments]
    assert main(["compare", *given, "--on", str(tested)]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert len(said.err.splitlines()) == 1
    assert not said.out

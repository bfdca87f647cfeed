"""`seqloom bench`, as a person uses it; what is behind it is tested in tests/export/bench."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import seqloom
from seqloom.cli.main import main
from seqloom.export.bench.turn import take

from .small import RECIPE, pairs, write_pairs


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    recipe = folder / "small.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    every = pairs(60)
    few = ["training.steps=2", "training.warmup=1", "training.validate_every=2"]
    seqloom.train(recipe, train=every[:50], valid=every[50:], out=folder / "小模型", set=few, verbose=False)
    return folder / "小模型"


@pytest.fixture
def tested(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "test.tsv", pairs(12, seed=3))


def test_table_figures_and_picture_of_a_model(
    model: Path, tested: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    figures, picture = tmp_path / "forms.json", tmp_path / "forms.png"
    arguments = ["bench", str(model), "--on", str(tested), "--forms", "own", "ctranslate2", "--beams", "2"]
    assert main([*arguments, "--rounds", "1", "--sentences", "10", "-o", str(figures), "-o", str(picture)]) == 0
    said, heard = capfd.readouterr()
    lines = said.splitlines()
    assert lines[0].startswith(f"10 sentences of {tested}, 1 round, ")
    assert sum(line.startswith("*  own, beam 2") for line in lines) == 1
    assert any(line.startswith("exact match: nrefs:1|") for line in lines)
    assert any(line.startswith("小模型 has no ctranslate2: `model.encoder.kind` must be") for line in lines)
    assert lines[-1].startswith("Take own, beam 2: the best exact match")
    assert "round 1 of 1: 小模型, own, beam 2: " in heard
    data = json.loads(figures.read_text(encoding="utf-8"))
    assert [(each["form"], each["beam"], each["front"]) for each in data["points"]] == [("own", 2, True)]
    assert data["points"][0]["memory_megabytes"] > 50
    assert data["points"][0]["cold_start_seconds"] > 0.1
    assert len(data["points"][0]["sentences_per_second"]["rounds"]) == 1
    assert [each["forms"] for each in data["missing"]] == [["ctranslate2"]]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_two_files_are_sources_and_targets(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqloom.export.bench.comparison.in_its_own_process", lambda work: take)
    rows = pairs(5, seed=3)
    sides = [tmp_path / "a.source", tmp_path / "a.target"]
    for path, texts in zip(sides, zip(*rows, strict=True), strict=True):
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    told = ["--rounds", "1", "--beams", "1", "--forms", "own", "--json"]
    assert main(["bench", str(model), "--on", *map(str, sides), *told]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["on"], data["sentences"]) == (f"{sides[0]} and {sides[1]}", 5)


def test_sides_of_different_lengths_are_refused(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = tmp_path / "a.source", tmp_path / "a.target"
    one.write_text("red\nblue\n", encoding="utf-8")
    other.write_text("rouge\n", encoding="utf-8")
    assert main(["bench", str(model), "--on", str(one), str(other)]) == 2
    assert f"{one} has 2 lines, {other} has 1 lines" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["{model}", "--forms", "owm"], 'Did you mean "own"?'),
        (["{model}", "--rounds", "0"], "`--rounds` must be at least 1, but is 0."),
        (["{model}", "--beams", "1", "0"], "`--beams` must be at least 1, but is 0."),
        (["{model}", "-o", "a.gif"], "`-o` must end in .png, .svg, .pdf or .json, but is a.gif."),
        (["{model}", "-o", "nowhere/a.json"], "there is no folder nowhere"),
        (["{model}", "--on", "a.tsv", "b.tsv"], "`--on` must be a file of pairs, or one of sources and one of targets"),
        (["{model}", "--on", "nothing.tsv"], "nothing.tsv: there is no such file"),
        (["{model}", "--task", "other"], "other"),
        (["nothing"], "nothing: there is no such folder"),
        ([], "name at least one model folder"),
    ],
)
def test_what_a_person_can_mend_is_one_line(
    model: Path, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *(each.format(model=model) for each in arguments)]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert len(said.err.splitlines()) == 1
    assert not said.out


def test_without_matplotlib_the_extra_is_named(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("seqloom.export.bench.picture.find_spec", lambda name: None)
    assert main(["bench", str(model), "-o", "a.png"]) == 2
    assert "needs the extra `plot`" in capsys.readouterr().err

"""`seqloom data` through the command line, and models that are trained from what people have."""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from seqloom.cli.main import main

from .small import RECIPE, pairs

SETS = [
    "--set", "training.steps=30", "--set", "training.validate_every=30", "--set", "data.held_out=0.1",
    "--set", "evaluation.metrics=[\"exact_match\"]", "--set", "answers.beam=1",
]  # fmt: skip


def write_tmx(path: Path, found: list[tuple[str, str]]) -> None:
    units = "".join(
        f'<tu><tuv xml:lang="en"><seg>{escape(source)}</seg></tuv>'
        f'<tuv xml:lang="fr-FR"><seg>{escape(target)}</seg></tuv>'
        f'<tuv xml:lang="x-rest"><seg>rest</seg></tuv></tu>\n'
        for source, target in found
    )
    path.write_text(f'<tmx version="1.4"><header srclang="en"/><body>{units}</body></tmx>', encoding="utf-8")


def write_po(path: Path, found: list[tuple[str, str]]) -> None:
    entries = "".join(f'msgid "{source}"\nmsgstr "{target}"\n\n' for source, target in found)
    fuzzy = '#, fuzzy\nmsgid "red"\nmsgstr "wrong"\n\n#~ msgid "blue"\n#~ msgstr "wrong"\n'
    path.write_text(entries + fuzzy, encoding="utf-8")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(each) for each in arguments]) == 0, capsys.readouterr().err
    told = capsys.readouterr()
    return told.out + told.err


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(each) for each in arguments]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


def test_a_model_from_a_translation_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = pairs(240)
    memory, tests, recipe, model = (tmp_path / name for name in ("memory.tmx", "test.tmx", "recipe.toml", "model"))
    write_tmx(memory, found[:200])
    write_tmx(tests, found[200:])
    names = f'[data]\ntrain = ["{memory}"]\nsource_columns = ["en"]\ntarget_columns = ["fr"]'
    recipe.write_text(RECIPE.replace("[data]", names))
    told = refused(capsys, "train", recipe, "--out", model, *SETS, "--set", "data.target_columns=[]")
    assert "has 3 languages: say which to read" in told
    told = run(capsys, "train", recipe, "--out", model, *SETS)
    assert "memory.tmx: 200 rows read" in told
    assert run(capsys, "predict", model, tests).count("\n") >= 40
    assert "exact match" in run(capsys, "evaluate", model, tests)


def test_a_model_from_a_catalogue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue, recipe, model = (tmp_path / name for name in ("fr.po", "recipe.toml", "model"))
    write_po(catalogue, pairs(200))
    recipe.write_text(RECIPE)
    told = run(capsys, "train", recipe, "--train", catalogue, "--out", model, *SETS)
    assert "fr.po: 200 rows read" in told
    assert "fr.po: 1 row left out: marked as fuzzy" in told
    assert "fr.po: 1 row left out: obsolete" in told
    assert "exact match" in run(capsys, "evaluate", model, catalogue)
    assert run(capsys, "predict", model, catalogue).count("\n") >= 201  # a fuzzy entry may be asked about


def test_convert_split_and_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory = tmp_path / "memory.tmx"
    write_tmx(memory, [*pairs(100), ("same", "same")])
    columns = ["--set", 'data.source_columns=["en"]', "--set", 'data.target_columns=["fr"]']
    told = run(capsys, "data", "convert", memory, tmp_path / "a.po", *columns)
    assert told == f"101 rows read\n{tmp_path}/a.po: 101 rows written\n"
    assert '"Language: fr_fr\\n"' in (tmp_path / "a.po").read_text()
    told = run(capsys, "data", "clean", tmp_path / "a.po", tmp_path / "b.tsv", "--dropped", tmp_path / "dropped.jsonl")
    assert "1 row dropped: target same as source" in told
    assert json.loads((tmp_path / "dropped.jsonl").read_text())["reason"] == "target same as source"
    told = run(capsys, "data", "split", tmp_path / "b.tsv", "--out", tmp_path / "sets", "--valid", 5, "--test", "0.1",
               "--near", 1)  # fmt: skip
    assert "test: 10 rows written to" in told
    assert sorted(path.name for path in (tmp_path / "sets").iterdir()) == ["test.tsv", "train.tsv", "valid.tsv"]
    run(capsys, "data", "split", memory, "--out", tmp_path / "sets", "--as", "jsonl", *columns)
    assert (tmp_path / "sets" / "train.jsonl").is_file()


def test_what_goes_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\n")
    assert "name at least two files" in refused(capsys, "data", "convert", tmp_path / "a.tsv")
    assert "name at least one file" in refused(capsys, "data", "split", "--out", tmp_path / "x")
    told = refused(capsys, "data", "convert", tmp_path / "a.tsv", tmp_path / "a.tmx", "--languages", "en")
    assert told.startswith("`--languages` must be two with a comma between them")
    told = refused(capsys, "data", "split", tmp_path / "a.tsv", "--out", tmp_path / "x", "--valid", "2")
    assert "must leave something to learn from" in told
    told = refused(capsys, "data", "split", tmp_path / "a.tsv", "--out", tmp_path / "a.tsv", "--valid", "0")
    assert "nothing can be written there (File exists). Choose another `--out`." in told
    twice = f"{tmp_path}/b.en,{tmp_path}/b.en"
    assert "is named twice" in refused(capsys, "data", "convert", tmp_path / "a.tsv", twice)
    lines = "".join(f"{chr(97 + number) * 5}\t{number}\n" for number in range(20))
    (tmp_path / "train.tsv").write_text(lines)
    told = refused(capsys, "data", "split", tmp_path / "train.tsv", "--out", tmp_path, "--valid", "5")
    assert "train.tsv must not be both read and written. Name another file." in told
    assert (tmp_path / "train.tsv").read_text() == lines
    assert 'Unknown command "convrt". Did you mean "convert"?' in refused(capsys, "data", "convrt")

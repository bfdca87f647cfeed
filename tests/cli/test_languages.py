"""Three languages in one model through the command line: from n-way and pairwise files to answers in any of them."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from seqloom.cli.main import main
from seqloom.core.files import read_json
from seqloom.data.corpus import Corpus

RECIPE = """
[task]
kind = "translation"
tags = "TAGS"
without = ["de-fr", "fr-de"]
keep = ["qx"]
glossary = "FOLDER/terms.tsv"

[data]
tokenizer = { kind = "word", split = "space" }
cleaning.spaces = "collapse"
batches.tokens = 256
mixture.temperature = 5.0
held_out = 0.1

[model]
encoder = { kind = "recurrent", width = 16 }
decoder = { kind = "recurrent", width = 16, attention = { kind = "general" } }
source.width = 16
target.width = 16

[training]
steps = 30
warmup = 5
rate = 0.01
threads = 1

[evaluation]
pairs = 8
"""


def rows(number: int, *, seed: int) -> list[dict[str, str]]:
    dice = random.Random(seed)
    made = [[dice.choice("abcdef") for _ in range(dice.randint(2, 4))] for _ in range(number)]
    return [
        {language: " ".join(f"{char}{language[0]}" for char in row) for language in ("de", "en", "fr")} for row in made
    ]


def write(folder: Path, stem: str, languages: tuple[str, ...], made: list[dict[str, str]]) -> str:
    files = [folder / f"{stem}.{language}" for language in languages]
    for language, file in zip(languages, files, strict=True):
        file.write_text("".join(f"{row[language]} qx\n" for row in made), encoding="utf-8")
    return ",".join(map(str, files))


@pytest.fixture(scope="module", params=["source", "target"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    recipe = RECIPE.replace("FOLDER", str(folder)).replace("TAGS", request.param)
    (folder / "many.toml").write_text(recipe, encoding="utf-8")
    (folder / "terms.tsv").write_text("de\ten\nad\tbe\n", encoding="utf-8")
    three = write(folder, "all", ("de", "en", "fr"), rows(60, seed=1))
    two = write(folder, "more", ("fr", "en"), rows(20, seed=2))
    write(folder, "test", ("de", "en", "fr"), rows(6, seed=3))
    assert main(["train", str(folder / "many.toml"), "--train", three, two, "--out", str(folder / "m")]) == 0
    return folder


def said(capsys: pytest.CaptureFixture[str], *given: object) -> list[str]:
    capsys.readouterr()
    assert main([str(each) for each in given]) == 0
    return capsys.readouterr().out.splitlines()


def objects(folder: Path, *asked: dict[str, object]) -> Path:
    path = folder / "asked.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in asked), encoding="utf-8")
    return path


def test_directions_are_known_and_mixed(folder: Path) -> None:
    known = read_json(folder / "m/task.json")
    trained = {f"{one}-{to}": number for one, to, number in known["directions"]}
    assert trained.keys() == {"de-en", "en-de", "en-fr", "fr-en"}
    sizes = [len(Corpus.open(folder / f"m/data/corpus-{number}")) for number in range(6)]
    assert not (folder / "m/data/corpus-6").exists()  # four directions of the first files, two of the second
    assert sizes[0] == sizes[1] == sizes[2] == sizes[3] == trained["de-en"]
    held_out = [json.loads(line) for line in (folder / "m/data/valid.jsonl").read_text("utf-8").splitlines()]
    units = {each[-1]["unit"] for each in held_out}
    assert 0 < len(units) < len(held_out)  # a sentence is held out in all its directions


def test_a_file_is_answered_in_the_language_that_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    test = folder / "test.de"
    answers = said(capsys, "predict", folder / "m", test, "--with", "to=en", "--json")
    assert len(answers) == 6
    assert all(json.loads(each)["to"] == "en" for each in answers)
    assert not any("<2" in json.loads(each)["text"] for each in answers)
    table = folder / "asked.tsv"
    table.write_text("source\tto\nad bd\ten\nae be\tde\n", encoding="utf-8")
    found = [json.loads(each) for each in said(capsys, "predict", folder / "m", table, "--json")]
    assert [each["to"] for each in found] == ["en", "de"]
    assert "be" in found[0]["text"].split()  # the glossary


def test_what_cannot_be_answered_stops_no_other(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = objects(
        folder, {"source": "ad", "to": "it"}, {"source": "ad qx qx", "to": "fr", "from": "de"}, {"source": "bd"}
    )
    capsys.readouterr()
    assert main(["predict", str(folder / "m"), str(asked), "--json"]) == 2
    out, err = capsys.readouterr()
    first, second, third = map(json.loads, out.splitlines())
    assert "`to` must be a language that this model was trained to say, de, en, fr, but is it." in first["error"]
    assert second["text"].split().count("qx") >= 2
    assert second["zero_shot"]
    assert "`to` is missing" in third["error"]
    assert "2 of 3 sources could not be answered" in err


def test_a_document_keeps_its_layout(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = objects(folder, {"source": "# ad\n\n  - bd. Cd\n\t1. ad   bd\n", "to": "en"})
    [answer] = said(capsys, "predict", folder / "m", asked, "--json", "--set", "answers.min_length=2")
    lines = json.loads(answer)["text"].split("\n")
    assert len(lines) == 5
    assert (lines[0][:2], lines[1], lines[2][:4], lines[3][:4], lines[4]) == ("# ", "", "  - ", "\t1. ", "")
    assert all(len(each.split()) > 1 for each in (lines[0], lines[2], lines[3]))


def test_each_direction_is_measured_and_one_may_be_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    test = ",".join(str(folder / f"test.{language}") for language in ("de", "en", "fr"))
    [line] = said(capsys, "evaluate", folder / "m", test, "--json")
    report = json.loads(line)
    assert report["answers"] == 24
    assert {"de_en_bleu", "en_de_bleu", "en_fr_bleu", "fr_en_bleu"} <= report["scores"].keys()
    [line] = said(capsys, "evaluate", folder / "m", test, "--json", "--with", "from=de", "--with", "to=fr")
    assert json.loads(line)["answers"] == 6


def test_a_column_without_a_value(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["predict", str(folder / "m"), str(folder / "test.de"), "--with", "to"]) == 2
    assert "`--with to` must be `column=value`" in capsys.readouterr().err


def test_what_is_given_is_another_question(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Answers that were begun in one language do not go on in another."""
    out = folder / "out.txt"
    said(capsys, "predict", folder / "m", folder / "test.de", "--with", "to=en", "-o", out)
    first = out.read_text("utf-8")
    out.rename(folder / "out.txt.part")
    said(capsys, "predict", folder / "m", folder / "test.en", "--with", "to=fr", "-o", out, "--restart")
    assert out.read_text("utf-8") != first

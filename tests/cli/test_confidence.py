"""What a person should see, told by the command line; and how far its confidences may be relied on."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from seqloom.cli.main import main

from .small import WORDS, pairs, write_pairs, write_task

ASKED = 200


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that has seen too little to be always right."""
    folder = tmp_path_factory.mktemp("confidence")
    write_task(folder)
    few = write_pairs(folder / "few.tsv", pairs(3200)[:150])
    valid = write_pairs(folder / "more.tsv", pairs(3200)[150:450])
    settings = ("training.steps=150", "training.validate_every=150", "model.decoder.dropout=0.0")
    given = [part for setting in settings for part in ("--set", setting)]
    files = ["--train", few, "--valid", valid, "--out", folder / "run"]
    assert main([str(each) for each in ("train", folder / "small.toml", *files, "--device", "cpu", *given)]) == 0
    return folder / "run"


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    path = tmp_path / "asked.txt"
    path.write_text("".join(f"{source}\n" for source, _ in pairs(ASKED, seed=2)) + "\n", encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> tuple[list[str], list[str]]:
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == status
    stdout, stderr = capsys.readouterr()
    return stdout.splitlines(), stderr.splitlines()


def test_answers_that_a_person_should_see_are_marked_and_counted(
    model: Path, asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, silent = run(capsys, "predict", model, asked)
    assert silent == []
    lines, told = run(capsys, "predict", model, asked, "--min-confidence", 0.5)
    marks, confidences, texts = zip(*(line.split("\t", 2) for line in lines), strict=True)
    assert list(texts) == plain  # the answers themselves are what they were
    assert [mark == "?" for mark in marks] == [float(confidence) < 0.5 for confidence in confidences]
    assert set(marks) == {"?", ""}
    unsure = marks.count("?")
    assert told == [f"{unsure} of {ASKED + 1} answers are below 0.5: look at them."]
    assert (marks[-1], confidences[-1], texts[-1]) == ("", "1.0000", "")  # nothing was asked

    right = [" ".join(WORDS[word] for word in source.split()) for source, _ in pairs(ASKED, seed=2)]
    kept, marked = (
        [text == wanted for text, wanted, mark in zip(texts, right, marks, strict=False) if mark == wanted_mark]
        for wanted_mark in ("", "?")
    )
    assert sum(kept) / len(kept) > sum(marked) / len(marked) + 0.2


def test_the_mark_stands_before_the_columns_of_several_answers(
    model: Path, asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, _ = run(capsys, "predict", model, asked, "--nbest", 2)
    lines, told = run(capsys, "predict", model, asked, "--nbest", 2, "--min-confidence", 1)
    assert [line.split("\t", 2)[2] for line in lines] == plain
    assert told[-1].startswith(f"{ASKED} of {ASKED + 1} ")  # the first answers are counted, the others only marked


def test_json_says_it_with_a_key(model: Path, asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines, told = run(capsys, "predict", model, asked, "--json", "--min-confidence", 0.5)
    answers = [json.loads(line) for line in lines]
    assert [answer["review"] for answer in answers] == [answer["confidence"] < 0.5 for answer in answers]
    assert told[-1].startswith(f"{sum(answer['review'] for answer in answers)} of ")
    assert len(answers[0]["token_confidences"]) == len(answers[0]["tokens"]) + 1
    without, told = run(capsys, "predict", model, asked, "--json")
    assert "review" not in json.loads(without[0])
    assert told == []


def test_a_confidence_outside_is_refused_in_one_line(
    model: Path, asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answered, told = run(capsys, "predict", model, asked, "--min-confidence", 70, status=2)
    assert answered == []
    assert len(told) == 1
    assert "`--min-confidence` must be from 0 to 1, but is 70" in told[0]


def test_a_model_that_was_never_calibrated_says_so(asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = Path(__file__).parent.parent / "kept" / "format-1"
    _, told = run(capsys, "predict", kept, asked, "--min-confidence", 0)
    assert told[-1].startswith(f"None of {ASKED + 1} answers is below 0.")
    assert "not calibrated" in told[-1]


def test_evaluate_says_how_far_to_rely_on_them(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tested = write_pairs(tmp_path / "test.tsv", pairs(ASKED, seed=2))
    printed, _ = run(capsys, "evaluate", model, tested)
    assert len(printed) == 5  # two scores, two lines of confidence, the speed
    assert "ECE" in printed[2]
    assert "Brier" in printed[2]
    assert "fit:validation" in printed[2]
    assert "risk-coverage area" in printed[3]
    assert "mean exact match of the surest 100% " in printed[3]

    [line], _ = run(capsys, "evaluate", model, tested, "--json")
    found = json.loads(line)["reliability"]
    assert found["points"][0]["quality"] * 100 == pytest.approx(json.loads(line)["scores"]["exact_match"]["value"])
    assert [point["coverage"] for point in found["points"]][:3] == [1.0, 0.9, 0.8]
    assert sum(each["answers"] for each in found["bins"]) == ASKED
    # What a point says of the threshold is what predict marks.
    half = next(point for point in found["points"] if point["coverage"] == 0.5)
    sources = tmp_path / "sources.txt"
    sources.write_text("".join(f"{source}\n" for source, _ in pairs(ASKED, seed=2)), encoding="utf-8")
    lines, _ = run(capsys, "predict", model, sources, "--json", "--min-confidence", half["confidence"])
    assert sum(not json.loads(line)["review"] for line in lines) == ASKED // 2


def test_the_plot_is_drawn(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    tested = write_pairs(tmp_path / "test.tsv", pairs(40, seed=2))
    run(capsys, "evaluate", model, tested, "--plot", tmp_path / "sure.svg")
    drawn = ElementTree.parse(tmp_path / "sure.svg").getroot()
    assert drawn.tag.endswith("svg")
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}path"))) > 20
    run(capsys, "evaluate", model, tested, "--plot", tmp_path / "sure.png")
    assert (tmp_path / "sure.png").read_bytes()[:4] == b"\x89PNG"

    for wrong in (tmp_path / "sure.txt", tmp_path / "nowhere" / "sure.png"):
        printed, told = run(capsys, "evaluate", model, tested, "--plot", wrong, status=2)
        assert (printed, len(told)) == ([], 1)
    _, told = run(capsys, "evaluate", model, tested, tested, "--plot", tmp_path / "two.png", status=2)
    assert "one file" in told[0]

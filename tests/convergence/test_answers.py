"""Reading and taking fields are learnt: of people whom the model has never met, on small made-up data."""

import json
import runpy
from pathlib import Path

import pytest

import seqloom

GUIDE = Path(__file__).parents[2] / "docs" / "guide"

pytestmark = pytest.mark.slow


def test_passages_are_read(tmp_path: Path) -> None:
    made = runpy.run_path(str(GUIDE / "reading.py"))
    people = [f"{first} {last}" for last in made["LAST"][:6] for first in made["FIRST"][:6]]
    for name, passages, some in (("train", 2500, people[:28]), ("valid", 20, people[28:]), ("test", 60, people[28:])):
        made["write"](str(tmp_path / f"{name}.jsonl"), passages, some, seed=passages, unanswerable=False)
    model = seqloom.train(
        "question-answering",
        train=tmp_path / "train.jsonl",
        valid=tmp_path / "valid.jsonl",
        out=tmp_path / "m",
        set={"training.epochs": 8, "training.threads": 1},
        verbose=False,
    )
    report = model.evaluate(tmp_path / "test.jsonl")
    simple = {score.name: score.value for score in report.baselines["what the nearest sentence adds"]}
    assert report["qa_exact"].value >= 75
    assert report["qa_exact"].value >= 30 + simple["QA exact"]


def test_fields_are_found_and_always_parse(tmp_path: Path) -> None:
    made = runpy.run_path(str(GUIDE / "forms.py"))
    dice = made["random"].Random(1)
    names = [f"Ms {name}" for name in made["ENGLISH"]]
    chinese = [f"{name}{given}" for name in made["CHINESE"][:8] for given in made["GIVEN"][:8]]
    for name, number, first, last in (("train", 3000, 0, 0.8), ("valid", 60, 0.8, 0.9), ("test", 150, 0.9, 1)):
        ours = [each[int(len(each) * first) : int(len(each) * last)] for each in (names, chinese)]
        lines = [made["row"](dice, *ours) for _ in range(number)]
        (tmp_path / f"{name}.tsv").write_text("".join(lines), encoding="utf-8")
    model = seqloom.train(
        "extraction",
        train=tmp_path / "train.tsv",
        valid=tmp_path / "valid.tsv",
        out=tmp_path / "m",
        set={"training.epochs": 8, "training.threads": 1, "answers.beam": 1, "task.schema": json.dumps(made["SCHEMA"])},
        verbose=False,
    )
    report = model.evaluate(tmp_path / "test.tsv")
    assert report["is JSON"].value == report["fits the schema"].value == 100
    assert report["field_f1"].value >= 80

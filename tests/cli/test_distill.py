"""A small model made of a large one through the command line: taught, resumed, cut, asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from seqloom.cli.main import main

from .small import pairs, write_task

SMALLER = [
    "--set",
    "model.encoder.width=16",
    "--set",
    "model.decoder.width=16",
    "--set",
    "training.steps=20",
    "--set",
    "training.warmup=5",
]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    write_task(folder)
    files = ["--train", str(folder / "train.tsv"), "--valid", str(folder / "valid.tsv")]
    steps = ["--set", "training.steps=80", "--set", "training.validate_every=80"]
    assert main(["train", str(folder / "small.toml"), *files, "--out", str(folder / "teacher"), *steps]) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == status
    stdout, stderr = capsys.readouterr()
    if status:
        assert stdout == ""
        assert len(stderr.splitlines()) == 1
        return stderr
    return stdout


def test_from_a_teacher_to_a_student_cut_to_a_domain(
    task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    student, recipe = tmp_path / "student", task / "small.toml"
    few = tmp_path / "few.tsv"
    few.write_text("".join(f"{source}\t{target}\n" for source, target in pairs(60)), encoding="utf-8")
    command = ["distill", task / "teacher", "--student", recipe, "-o", student, "--train", few, *SMALLER]
    run(capsys, *command, "--beam", 3, "--nbest", 2, "--by", "chrf")
    manifest = json.loads((student / "manifest.json").read_text())
    assert "the nearest of the 2 best by chrf, beam 3" in manifest["teacher"]["pairs"]
    weights = load_file(student / "weights.safetensors")
    run(capsys, *command, "--beam", 3, "--nbest", 2, "--by", "chrf")
    again = load_file(student / "weights.safetensors")
    assert again.keys() == weights.keys()
    assert all((again[name] == weights[name]).all() for name in weights)

    asked = tmp_path / "asked.txt"
    asked.write_text("red cat\n我 sea\n", encoding="utf-8")
    domain = tmp_path / "domain.tsv"
    domain.write_text("red cat\trouge chat\n", encoding="utf-8")
    assert "source and" in run(capsys, "trim", student, domain, "-o", tmp_path / "cut")
    told = json.loads((tmp_path / "cut" / "manifest.json").read_text())["trimmed"]
    assert told["after"][0] < told["before"][0]
    for model in (student, tmp_path / "cut"):
        assert len(run(capsys, "predict", model, asked).splitlines()) == 2


def test_mistakes_are_one_line(task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    student = ["--student", task / "small.toml", "-o", tmp_path / "student"]
    assert "no such folder" in run(capsys, "distill", tmp_path / "none", *student, status=2)
    assert "must be a model folder" in run(capsys, "distill", task / "train.tsv", *student, status=2)
    assert "names no `data.train`" in run(capsys, "distill", task / "teacher", *student, status=2)
    unknown = ["--student", "translation-smal", "-o", tmp_path / "student"]
    assert "Did you mean `translation-small`" in run(capsys, "distill", task / "teacher", *unknown, status=2)
    there = ["--student", task / "small.toml", "-o", task / "teacher", "--train", task / "train.tsv"]
    assert "holds a run already" in run(capsys, "distill", task / "teacher", *there, status=2)
    assert "at least one file" in run(capsys, "trim", task / "teacher", "-o", tmp_path / "cut", status=2)
    assert "is there already" in run(
        capsys, "trim", task / "teacher", task / "train.tsv", "-o", task / "teacher", status=2
    )
    assert "read again" in run(capsys, "distill", task / "teacher", *student, "--train", "-", status=2)
    assert "read again" in run(capsys, "trim", task / "teacher", "-", "-o", tmp_path / "cut", status=2)
    assert not (tmp_path / "student").exists()

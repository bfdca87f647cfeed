"""`seqloom runs`, as a person uses it; what a folder tells is tested in tests/explain/test_runs.py."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from seqloom.cli.main import main

from .small import RECIPE, pairs, write_pairs

SHORT = ("training.steps=4", "training.warmup=1", "training.validate_every=2", "data.held_out=0.1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of pairs and a run that was trained on them, validated on what was held out, and tested."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "small.toml").write_text(RECIPE, encoding="utf-8")
    every = pairs(140)
    for name, rows in (("a", every[:100]), ("test", every[130:])):
        write_pairs(folder / f"{name}.tsv", rows)
        for side, texts in zip(("en", "fr"), zip(*rows, strict=True), strict=True):
            (folder / f"{name}.{side}").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    changes = [word for each in SHORT for word in ("--set", each)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        told = ["--train", "a.en,a.fr", "--test", "test.tsv", "--out", "runs/one"]
        assert main(["train", "small.toml", *told, *changes, "--device", "cpu"]) == 0
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = tmp_path / "here"
    shutil.copytree(made, copied)
    monkeypatch.chdir(copied)
    return copied


def test_a_run_is_made_again_to_the_same_bits(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--replay", "runs/one", "-o", "runs/two"]) == 0
    said = capsys.readouterr().out
    assert "exact_match on validation: " in said
    assert "exact_match on test.tsv: " in said
    one, two = (load_file(here / "runs" / name / "weights.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert all((one[name] == two[name]).all() for name in one)
    assert main(["runs", "runs"]) == 0
    assert "No setting differs." in capsys.readouterr().out


def test_without_out_it_lies_beside_the_others(here: Path) -> None:
    (here / "test.tsv").unlink()  # no weight depends on a test
    assert main(["runs", "--replay", "runs/one"]) == 0
    again = json.loads((here / "runs" / "one-again" / "metrics.json").read_text(encoding="utf-8"))
    assert [*again["scores"]] == ["validation"]


def test_the_steps_of_a_budget_are_those_of_then(here: Path) -> None:
    path = here / "runs" / "one" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert manifest["plan"] == {"steps": 4, "validate_every": 2, "epochs": manifest["plan"]["epochs"]}
    manifest |= {"budget": 60.0, "plan": {**manifest["plan"], "steps": 3}}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert main(["runs", "--replay", "runs/one", "-o", "again"]) == 0
    assert json.loads((here / "again" / "metrics.json").read_text(encoding="utf-8"))["steps"] == 3


def test_a_run_of_before_plans_and_pairs_were_kept(here: Path) -> None:
    path = here / "runs" / "one" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["plan"]
    for each in manifest["data"]["files"]:
        del each["pairs"]
    path.write_text(json.dumps(manifest | {"budget": 60.0}), encoding="utf-8")
    assert main(["runs", "--replay", "runs/one", "-o", "again"]) == 0
    assert json.loads((here / "again" / "metrics.json").read_text(encoding="utf-8"))["steps"] == 4


def test_data_that_is_another_or_gone_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.fr").write_text("autre\n", encoding="utf-8")
    assert main(["runs", "--replay", "runs/one", "-o", "again"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("a.fr: is not what runs/one was made with any more (train).")
    (here / "a.fr").unlink()
    assert main(["runs", "--replay", "runs/one", "-o", "again"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("a.fr: is gone, but runs/one was made with it (train).")
    assert len(err.splitlines()) == 1
    assert not (here / "again").exists()


def test_the_list_as_text_json_and_page(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--html", "page.html"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[0] == "runs/one"
    assert "finished" in lines[1]
    assert "exact_match" in lines[1]
    assert (here / "page.html").read_text(encoding="utf-8").count("<svg ") == 1  # of four steps no loss is logged
    assert main(["runs", "runs", "--json"]) == 0
    [run] = json.loads(capsys.readouterr().out)["runs"]
    assert (run["name"], run["state"], run["steps"], run["planned_steps"]) == ("one", "finished", 4, 4)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nothing"], "nothing: there is no such folder"),
        (["--replay", "nothing"], "nothing: there is no such folder"),
        (["--replay", "runs/one", "--json"], "`--replay` trains, and lists nothing"),
        (["--replay", "runs/one", "-o", "runs/one"], "`-o` must be another folder than the run's own"),
        (["-o", "somewhere"], "`--out` is the folder of a `--replay`"),
        (["--html", "page.png"], "`--html` must end in .html"),
    ],
)
def test_what_a_person_can_mend_is_one_line(
    here: Path, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", *arguments]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert len(said.err.splitlines()) == 1

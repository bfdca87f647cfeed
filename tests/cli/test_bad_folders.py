"""A model folder that is not one, or is damaged, newer or unsafe: one line, and exit status 2."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.cli.main import main

from .small import write_task


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    recipe = write_task(folder)
    arguments = ["train", str(recipe), "--train", str(folder / "train.tsv"), "--out", str(folder / "run")]
    assert main([*arguments, "--device", "cpu", "--set", "training.steps=3", "--set", "training.warmup=1"]) == 0
    return folder / "run"


def refused(folder: Path, capsys: pytest.CaptureFixture[str], *, command: str = "predict") -> str:
    asked = folder.parent / "asked.tsv"
    asked.write_text("red cat\trouge chat\n", encoding="utf-8")
    capsys.readouterr()
    assert main([command, str(folder), str(asked)]) == 2
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    [line] = stderr.splitlines()
    return line


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def foreign_weights(folder: Path) -> None:
    """The same shapes under another identity."""
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"id": "another"}))


def newer(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))


def swapped_vocabulary(folder: Path) -> None:
    path = folder / "source" / "vocabulary.tsv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:-2], lines[-1], lines[-2]]), encoding="utf-8")


def pickled(folder: Path) -> None:
    with (folder / "extra.bin").open("wb") as opened:
        pickle.dump({"weights": 1}, opened)


DAMAGE: list[tuple[str, Callable[[Path], object], str]] = [
    ("no manifest", lambda folder: (folder / "manifest.json").unlink(), "manifest.json"),
    ("half a manifest", lambda folder: truncate(folder / "manifest.json"), "manifest.json"),
    ("another's manifest", lambda folder: (folder / "manifest.json").write_text("{}"), "manifest.json"),
    ("newer", newer, "newer"),
    ("no recipe", lambda folder: (folder / "recipe.toml").unlink(), "recipe.toml"),
    ("half a recipe", lambda folder: truncate(folder / "recipe.toml"), "recipe"),
    ("no weights", lambda folder: (folder / "weights.safetensors").unlink(), "weights.safetensors"),
    ("half the weights", lambda folder: truncate(folder / "weights.safetensors"), "weights.safetensors"),
    ("no weights at all", lambda folder: (folder / "weights.safetensors").write_bytes(b""), "weights.safetensors"),
    (
        "a pickle for weights",
        lambda f: (f / "weights.safetensors").write_bytes(pickle.dumps({})),
        "weights.safetensors",
    ),
    ("another's weights", foreign_weights, "another model"),
    ("no vocabulary", lambda folder: (folder / "source" / "vocabulary.tsv").unlink(), "vocabulary.tsv"),
    ("another's vocabulary", swapped_vocabulary, "vocabulary.tsv"),
    ("a pickle", pickled, "pickle"),
    ("a pickle by name", lambda folder: (folder / "model.pt").write_bytes(b""), "pickle"),
]


@pytest.mark.parametrize(("damage", "told"), [row[1:] for row in DAMAGE], ids=[row[0] for row in DAMAGE])
def test_a_damaged_folder(
    damage: Callable[[Path], object], told: str, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    damage(folder)
    line = refused(folder, capsys)
    assert str(folder) in line
    assert told in line


@pytest.mark.parametrize("command", ["predict", "evaluate", "score"])
def test_a_folder_that_is_not_there(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no such folder" in refused(tmp_path / "absent", capsys, command=command)


def test_a_model_of_unknown_code_runs_it_only_when_trusted(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    recipe = (folder / "recipe.toml").read_text(encoding="utf-8")
    (folder / "recipe.toml").write_text(recipe.replace('kind = "recurrent"', 'kind = "elsewhere:Encoder"', 1))
    assert "--trust elsewhere" in refused(folder, capsys)

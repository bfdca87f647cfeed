"""Two tasks on one encoder, from files to answers, through the command line: trained, killed, resumed, asked."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from seqloom.cli.main import main
from seqloom.workflow.loading import load

RECIPE = """
about = "Words said backwards, and of which kind the first one is."

[data]
joint = false
tokenizer = { kind = "word", split = "space" }
batches.tokens = 512

[data.tasks.kind]
train = ["FOLDER/kind-train.tsv"]
valid = ["FOLDER/kind-valid.tsv"]
test = ["FOLDER/kind-test.tsv"]
share = 0.5

[model]
source.width = 32
target.width = 32
encoder = { kind = "recurrent", cell = "gru", width = 48, layers = 1 }
decoder = { kind = "recurrent", cell = "gru", width = 48, layers = 1 }

[model.tasks.kind]
target.width = 8
decoder = { kind = "pooled", width = 24, pool = "attention" }

[training]
steps = 400
rate = 5e-3
warmup = 20
validate_every = 200
save_every = 100
threads = 1
tasks.kind.weight = 0.5

[evaluation]
metrics = ["exact_match"]
pairs = 40

[evaluation.tasks.kind]
metrics = ["accuracy"]

[answers]
beam = 2
"""

KINDS = {"red": "colour", "blue": "colour", "cat": "beast", "dog": "beast", "one": "number", "two": "number"}


def write(path: Path, number: int, *, seed: int, kind: bool) -> None:
    dice = random.Random(seed)
    lines = []
    for _ in range(number):
        words = dice.choices([*KINDS], k=dice.randint(2, 4))
        lines.append(" ".join(words) + "\t" + (KINDS[words[0]] if kind else " ".join(reversed(words))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def arguments(folder: Path, out: str, *more: str) -> list[str]:
    files = [
        "--train",
        str(folder / "train.tsv"),
        "--valid",
        str(folder / "valid.tsv"),
        "--test",
        str(folder / "test.tsv"),
    ]
    return ["train", str(folder / "two.toml"), *files, "--out", str(folder / out), "--device", "cpu", *more]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "two.toml").write_text(RECIPE.replace("FOLDER", str(folder)), encoding="utf-8")
    for number, (name, size) in enumerate((("train", 1500), ("valid", 40), ("test", 60))):
        write(folder / f"{name}.tsv", size, seed=number, kind=False)
        write(folder / f"kind-{name}.tsv", size, seed=number + 10, kind=True)
    assert main(arguments(folder, "run")) == 0
    return folder


def said(capsys: pytest.CaptureFixture[str], *given: object) -> list[str]:
    capsys.readouterr()
    assert main([str(each) for each in given]) == 0
    return capsys.readouterr().out.splitlines()


def share_right(answers: list[str], file: Path) -> float:
    wanted = [line.split("\t")[1] for line in file.read_text("utf-8").splitlines()]
    return sum(one == other for one, other in zip(answers, wanted, strict=True)) / len(wanted)


def test_both_tasks_are_answered_and_measured(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, test, kinds = folder / "run", folder / "test.tsv", folder / "kind-test.tsv"
    backwards = share_right(said(capsys, "predict", run, test), test)
    kind = share_right(said(capsys, "predict", run, kinds, "--task", "kind"), kinds)
    assert backwards > 0.9
    assert kind > 0.95
    [line] = said(capsys, "evaluate", run, test, "--json")
    assert json.loads(line)["scores"]["exact_match"]["value"] == pytest.approx(100 * backwards)
    [line] = said(capsys, "evaluate", run, kinds, "--task", "kind", "--json")
    assert json.loads(line)["scores"]["accuracy"]["value"] == pytest.approx(100 * kind)


def test_every_task_is_validated_tested_and_calibrated(folder: Path) -> None:
    metrics = json.loads((folder / "run/metrics.json").read_text("utf-8"))
    assert {"exact_match", "kind_accuracy", "kind_perplexity"} <= metrics["history"][-1]["scores"].keys()
    assert metrics["history"][-1]["score"] == metrics["history"][-1]["scores"]["exact_match"]  # the main task chooses
    assert {"validation", "kind, validation", f"kind, {folder}/kind-test.tsv"} <= metrics["scores"].keys()
    model = load(folder / "run")
    assert model.task("kind").calibration.fitted == model.calibration.fitted == "validation"
    assert model.task("kind").calibration != model.calibration
    assert "On kind, validation" in (folder / "run/card.md").read_text("utf-8")


def test_a_folder_has_each_vocabulary_and_each_weight_once(folder: Path, tmp_path: Path) -> None:
    run = folder / "run"
    files = json.loads((run / "manifest.json").read_text("utf-8"))["files"]
    assert {"tasks/kind/target/tokenizer.json", "source/tokenizer.json", "target/tokenizer.json"} <= files.keys()
    names = load_file(run / "weights.safetensors").keys()
    assert any(name.startswith("branches.kind.decoder.") for name in names)
    assert not any(name.startswith("branches.") and "encoder" in name for name in names)
    model = load(run)
    again = tmp_path / "again"
    model.task("kind")
    model.save(again)
    [answer] = load(again).predict("one cat", task="kind")
    assert answer.text == "number"
    assert answer.confidence == model.predict(["one cat"], task="kind")[0].confidence
    assert load(again).predict(["one cat"])[0].text == "cat one"
    assert model.evaluate([("cat one", "beast")], task="kind").numbers == {"accuracy": 100.0}
    model.task("kind").save(tmp_path / "kind")  # a task alone is a model like any other
    assert load(tmp_path / "kind").predict(["one cat"])[0].text == "number"


def test_killed_it_ends_with_the_same_weights(folder: Path) -> None:
    command = [sys.executable, "-m", "seqloom", *arguments(folder, "killed", "--resume")]
    going = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    checkpoints, deadline = folder / "killed/checkpoints", time.monotonic() + 120
    seen: set[str] = set()
    while len(seen) < 2 and going.poll() is None and time.monotonic() < deadline:
        seen |= {path.name for path in checkpoints.glob("step-*")} if checkpoints.is_dir() else set()
    going.send_signal(signal.SIGKILL)
    assert going.wait() == -signal.SIGKILL  # it was not through
    assert main(arguments(folder, "killed", "--resume")) == 0
    first, second = (load_file(folder / run / "weights.safetensors") for run in ("run", "killed"))
    assert first.keys() == second.keys()
    assert all(first[name].equal(second[name]) for name in first)


def test_a_task_that_there_is_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["predict", str(folder / "run"), str(folder / "test.tsv"), "--task", "pos"]) == 2
    assert '`task` must be "kind", but is "pos".' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("[model.tasks.kind]", "[model.tasks.pos]"), "must name the same, but `kind` is only in `data.tasks`"),
        (("[evaluation.tasks.kind]", "[evaluation.tasks.pos]"), "evaluation.tasks must name tasks of `data.tasks`"),
        (("tasks.kind.weight", "tasks.pos.weight"), "training.tasks must name tasks of `data.tasks`"),
        (('metrics = ["accuracy"]', 'metrics = ["mae"]'), "task `kind`: evaluation.metrics must measure text"),
    ],
)
def test_recipes_that_cannot_be(
    change: tuple[str, str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert change[0] in RECIPE
    (tmp_path / "odd.toml").write_text(RECIPE.replace(*change), encoding="utf-8")
    assert main(["check", str(tmp_path / "odd.toml")]) == 2
    assert line in capsys.readouterr().err


def test_an_ensemble_answers_for_a_further_task(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, kinds = folder / "run", folder / "kind-test.tsv"
    alone = said(capsys, "predict", run, kinds, "--task", "kind", "--json")
    together = ["--set", f'answers.ensemble.models=["{run}"]']
    both = said(capsys, "predict", run, kinds, "--task", "kind", "--json", *together)
    for one, other in zip(map(json.loads, alone), map(json.loads, both), strict=True):
        assert one["text"] == other["text"]
        assert one["confidence"] == pytest.approx(other["confidence"], rel=1e-4)


def test_the_parts_of_all_tasks_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "PooledDecoder" in "\n".join(said(capsys, "check", folder / "two.toml"))

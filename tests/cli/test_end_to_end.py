"""From files to a model that answers, through the command line: nothing lost, nothing half written."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqloom.cli.main import main

from .small import WORDS, pairs, write_pairs, write_task

SEQLOOM = [sys.executable, "-m", "seqloom"]


def train(folder: Path, out: str = "run", *more: str) -> list[str]:
    files = ["--train", str(folder / "train.tsv"), "--valid", str(folder / "valid.tsv")]
    return ["train", str(folder / "small.toml"), *files, "--out", str(folder / out), "--device", "cpu", *more]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    write_task(folder)
    return folder


@pytest.fixture(scope="module")
def model(task: Path) -> Path:
    """A model that was trained and tested."""
    assert main(train(task, "run", "--test", str(task / "test.tsv"))) == 0
    return task / "run"


def run(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == status
    stdout, stderr = capsys.readouterr()
    if status:
        assert stdout == ""
        assert len(stderr.splitlines()) == 1
        return stderr
    return stdout


def test_a_model_folder_stands_alone(model: Path) -> None:
    expected = {"recipe.toml", "weights.safetensors", "source", "target", "metrics.json", "card.md", "manifest.json"}
    assert expected <= {path.name for path in model.iterdir()}
    metrics = json.loads((model / "metrics.json").read_text())
    assert metrics["scores"][str(model.parent / "test.tsv")]["scores"]["exact_match"]["value"] > 90
    manifest = json.loads((model / "manifest.json").read_text())
    assert [len(each["sha256"]) for each in manifest["data"]["files"]] == [64, 64]
    assert "exact match" in (model / "card.md").read_text()


def test_each_line_has_its_answer_in_order(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [source for source, _ in pairs(300, seed=2)]
    asked[7] = ""
    asked[20] = "   "
    asked[50] = " ".join(["red sea"] * 900)
    (tmp_path / "asked.txt").write_text("\n".join(asked), encoding="utf-8")
    answered = run(capsys, "predict", model, tmp_path / "asked.txt").split("\n")
    assert len(answered) == len(asked) + 1
    assert answered[7] == answered[20] == ""
    right = sum(
        given == " ".join(WORDS[word] for word in source.split())
        for source, given in zip(asked, answered, strict=False)
    )
    assert right > 270
    assert set(answered[50].split()) <= set(WORDS.values())
    assert len(answered[50].split()) > 900

    run(capsys, "predict", model, tmp_path / "asked.txt", "-o", tmp_path / "answers.txt")
    assert (tmp_path / "answers.txt").read_text(encoding="utf-8").split("\n") == answered
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_answers_come_while_the_input_pauses(model: Path) -> None:
    with subprocess.Popen([*SEQLOOM, "predict", str(model)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        for source, target in (("red cat", "rouge chat"), ("我 你", "je tu")):
            asked.stdin.write(f"{source}\n".encode())
            asked.stdin.flush()
            assert select.select([asked.stdout], [], [], 60)[0]
            assert asked.stdout.readline().decode() == f"{target}\n"
        asked.stdin.close()
        assert asked.stdout.read() == b""
    assert asked.returncode == 0


def test_a_reader_that_goes_away_is_no_fault(model: Path, tmp_path: Path) -> None:
    write_pairs(tmp_path / "many.tsv", pairs(2000, seed=3))
    command = f"{' '.join(SEQLOOM)} predict {model} {tmp_path / 'many.tsv'} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_nbest_json_and_sampling(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "asked.txt").write_text("red cat\nblue sea\n", encoding="utf-8")
    rows = [
        line.split("\t") for line in run(capsys, "predict", model, tmp_path / "asked.txt", "--nbest", 3).splitlines()
    ]
    assert [row[0] for row in rows] == ["1", "1", "1", "2", "2", "2"]
    assert float(rows[0][1]) >= float(rows[1][1]) >= float(rows[2][1])
    assert rows[0][2] == "rouge chat"

    [first, _] = map(
        json.loads, run(capsys, "predict", model, tmp_path / "asked.txt", "--json", "--nbest", 2).splitlines()
    )
    assert (first["source"], first["text"], first["tokens"]) == ("red cat", "rouge chat", ["rouge", "chat"])
    assert 0.5 < first["confidence"] <= 1
    assert len(first["alternatives"]) == 1

    drawn = [
        run(capsys, "predict", model, tmp_path / "asked.txt", "--sample", "--temperature", 3, "--seed", seed)
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_evaluate_gives_scores_with_signatures(model: Path, task: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, "evaluate", model, task / "test.tsv")
    assert "exact match" in printed
    assert "nrefs:1" in printed
    data = json.loads(run(capsys, "evaluate", model, task / "test.tsv", "--json", "--beam", 1))
    assert data["answers"] == 100
    assert data["scores"]["bleu"]["low"] <= data["scores"]["bleu"]["value"] <= data["scores"]["bleu"]["high"]
    assert "tok:" in data["scores"]["bleu"]["signature"]


def test_score_prefers_what_is_right(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pairs(tmp_path / "given.tsv", [("red cat", "rouge chat"), ("red cat", "chat rouge")])
    right, wrong = (line.split("\t") for line in run(capsys, "score", model, tmp_path / "given.tsv").splitlines())
    assert float(right[0]) > float(wrong[0])
    assert float(right[1]) > 0.5 > float(wrong[1])


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_folder_that_holds_a_run_is_not_trained_over(
    model: Path, task: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (model / "weights.safetensors").read_bytes()
    assert "--resume" in run(capsys, *train(task), status=2)
    assert "training.rate" in run(capsys, *train(task, "run", "--resume", "--set", "training.rate=0.1"), status=2)
    assert (model / "weights.safetensors").read_bytes() == before


def test_killed_at_any_moment_it_ends_with_the_same_weights(task: Path, model: Path) -> None:
    """Three times kill -9, whenever that is; the last one goes on to the end."""
    command = [*SEQLOOM, *train(task, "killed", "--resume", "--set", "training.save_every=40")]
    for wait_for in (1, 2, 3):
        going = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 120
        checkpoints = task / "killed" / "checkpoints"
        seen: set[str] = set()
        while len(seen) < wait_for + 1 and going.poll() is None and time.monotonic() < deadline:
            seen |= {path.name for path in checkpoints.glob("step-*")} if checkpoints.is_dir() else set()
        going.send_signal(signal.SIGKILL)
        going.wait()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (task / "killed" / "weights.safetensors").stat().st_size == (model / "weights.safetensors").stat().st_size
    assert weights(task / "killed") == weights(model)


def weights(folder: Path) -> dict[str, bytes]:
    from safetensors import safe_open

    with safe_open(str(folder / "weights.safetensors"), framework="np") as opened:
        return {name: opened.get_tensor(name).tobytes() for name in set(opened.keys())}


def test_ctrl_c_saves_and_says_how_to_go_on(task: Path) -> None:
    command = [
        *SEQLOOM,
        *train(task, "stopped", "--set", "training.steps=100000", "--set", "training.validate_every=99999"),
    ]
    going = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert going.stderr is not None
    for line in going.stderr:
        if line.startswith("step "):
            going.send_signal(signal.SIGINT)
            break
    rest = going.stderr.read()
    assert going.wait() == 130
    assert "--resume" in rest
    assert "Traceback" not in rest


def test_a_second_run_in_one_folder_is_refused(task: Path) -> None:
    command = [
        *SEQLOOM,
        *train(task, "shared", "--set", "training.steps=100000", "--set", "training.validate_every=99999"),
    ]
    going = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert going.stderr is not None
    for line in going.stderr:
        if line.startswith("step "):
            break
    second = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    going.kill()
    going.wait()
    assert second.returncode == 2
    assert len(second.stderr.splitlines()) == 1
    assert str(going.pid) in second.stderr


def test_a_full_disk_is_one_line_and_leaves_no_half_model(task: Path) -> None:
    """No file may grow over 64 kB: the weights do not fit."""
    command = "ulimit -f 64; exec " + " ".join([*SEQLOOM, *train(task, "full")])
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (task / "full" / "weights.safetensors").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o500)
    assert "--out" in run(capsys, *train(task)[:-4], "--out", tmp_path / "run", status=2)


def test_a_file_in_the_place_of_the_folder(task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").write_text("")
    line = run(capsys, "train", task / "small.toml", "--train", task / "train.tsv", "--out", tmp_path / "run", status=2)
    assert str(tmp_path / "run") in line


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"one column\n", "column"),
        (b"\x00\x01\x02" * 100, "binary"),
        ("我喜欢编程\tI love coding\n两只狗在雪地里玩\tTwo dogs play\n".encode("gb18030"), "gb18030"),
        (b"red\trouge\ncaf\xe9\tcaf\n", ":2:"),
    ],
    ids=["empty", "one column", "binary", "another encoding", "half utf-8"],
)
def test_a_file_that_cannot_be_learnt_from(
    content: bytes, told: str, task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.tsv").write_bytes(content)
    line = run(
        capsys, "train", task / "small.toml", "--train", tmp_path / "bad.tsv", "--out", tmp_path / "run", status=2
    )
    assert "bad.tsv" in line
    assert told in line


def test_parallel_files_of_different_length(task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.de").write_text("eins\nzwei\n")
    (tmp_path / "a.en").write_text("one\n")
    both = f"{tmp_path / 'a.de'},{tmp_path / 'a.en'}"
    line = run(capsys, "train", task / "small.toml", "--train", both, "--out", tmp_path / "run", status=2)
    assert "a.de" in line
    assert "2" in line

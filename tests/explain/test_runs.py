"""Runs as their folders tell of them: whatever became of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seqloom.core.errors import ModelFolderError
from seqloom.core.locking import acquire
from seqloom.explain.runs.lines import lines_of
from seqloom.explain.runs.listing import runs_below
from seqloom.explain.runs.page import page_of
from seqloom.explain.runs.run import Curve

RECIPE = """
about = "A small one."
[model.encoder]
kind = "{encoder}"
[model.decoder]
kind = "recurrent"
[training]
seed = {seed}
[evaluation]
metrics = ["bleu"]
"""


def a_run(
    folder: Path,
    *,
    hour: int,
    encoder: str = "conv",
    seed: int = 1,
    metrics: Mapping[str, Any] | None = None,
    **more: Any,
) -> Path:
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(RECIPE.format(encoder=encoder, seed=seed), encoding="utf-8")
    header = json.dumps({"a": {"shape": [3, 4]}, "b": {"shape": [2]}, "__metadata__": {"mark": "m"}}).encode()
    (folder / "weights.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    if metrics is not None:
        (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    manifest = {
        "format": 1,
        "id": "i",
        "files": {},
        "longest_source": 9,
        "created": f"2026-01-02T{hour:02}:00:00+00:00",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest | more), encoding="utf-8")
    return folder


def log(folder: Path, *, until: int) -> None:
    lines = [
        {"event": "step", "step": step, "smoothed": 9 / step, "seconds": step / 2} for step in range(10, until + 1, 10)
    ]
    lines += [
        {"event": "validation", "step": step, "score": score, "best": best, "seconds": 1.0}
        for step, score, best in ((10, 5.0, True), (20, 7.0, True), (30, 6.0, False))
        if step <= until
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (folder / "log.jsonl").write_text(f'{text}{{"event": "st', encoding="utf-8")


@pytest.fixture
def several(tmp_path: Path) -> Path:
    done = a_run(
        tmp_path / "a" / "done", hour=3, metrics={"steps": 30, "seconds": 15.5, "stopped": "steps"}, plan={"steps": 30}
    )
    log(done, until=30)
    killed = a_run(tmp_path / "killed", hour=5, encoder="transformer", seed=2, plan={"steps": 50})
    log(killed, until=20)
    a_run(done / "exports" / "ctranslate2", hour=4, engine="ctranslate2", made_of={})
    damaged = a_run(tmp_path / "damaged", hour=1)
    (damaged / "manifest.json").write_text("{", encoding="utf-8")
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / ".lock").touch()
    return tmp_path


def test_every_run_is_there_with_what_became_of_it(several: Path) -> None:
    found = {run.name: run for run in runs_below([several]).runs}
    assert {name: run.state for name, run in found.items()} == {
        "a/done": "finished",
        "killed": "interrupted",
        "damaged": "damaged",
        "early": "interrupted",
    }
    done, killed = found["a/done"], found["killed"]
    assert (done.steps, done.seconds, done.best, done.parameters) == (30, 15.5, 7.0, 14)
    assert (killed.steps, killed.planned, killed.seconds, killed.best) == (20, 50, 10.0, 7.0)
    assert "must be JSON" in found["damaged"].why
    assert found["early"].why == "ended before its first step"


def test_a_finished_run_without_weights_is_damaged(several: Path) -> None:
    (several / "a" / "done" / "weights.safetensors").unlink()
    run = {run.name: run for run in runs_below([several]).runs}["a/done"]
    assert (run.state, run.why) == ("damaged", "its weights are gone")


def test_a_comparison_of_families_is_its_runs(tmp_path: Path) -> None:
    """Its folder is locked while they train, and is no run."""
    for hour, name in enumerate(("gru", "conv"), start=1):
        a_run(tmp_path / "families" / name, hour=hour)
    (tmp_path / "families" / ".lock").touch()
    assert {run.name for run in runs_below([tmp_path]).runs} == {"families/gru", "families/conv"}
    assert {run.name for run in runs_below([tmp_path / "families"]).runs} == {"gru", "conv"}


def test_the_newest_come_first(several: Path) -> None:
    names = [run.name for run in runs_below([several]).runs]
    assert names.index("killed") < names.index("a/done")


def test_curves_are_over_steps_and_over_time(several: Path) -> None:
    [done] = [run for run in runs_below([several]).runs if run.name == "a/done"]
    assert (done.validation.steps, done.validation.seconds) == ((10, 20, 30), (5.0, 10.0, 15.0))
    assert done.validation.values == (5.0, 7.0, 6.0)
    assert done.loss.values[0] == 0.9


def test_a_curve_has_no_more_points_than_can_be_seen_and_json_can_hold_them() -> None:
    many = Curve(steps=tuple(range(1000)), seconds=(), values=(*map(float, range(999)), float("nan")))
    data = json.loads(json.dumps(many.to_data(), allow_nan=False))
    assert len(data["steps"]) == len(data["values"]) == 200
    assert (data["steps"][0], data["steps"][-1], data["values"][-2], data["values"][-1]) == (0, 999, 994.0, None)
    assert data["seconds"] == []


def test_settings_that_differ(several: Path) -> None:
    listing = runs_below([several / "a" / "done", several / "killed"])
    named = {each.key: each.values for each in listing.differing}
    assert named == {"model.encoder.kind": ('"transformer"', '"conv"'), "training.seed": ("2", "1")}
    lines = [*lines_of(listing)]
    assert lines[0].split() == ["run", "when", "model", "state", "steps", "best", "time", "parameters", "MB"]
    assert any("20 of 50" in line and "interrupted" in line for line in lines)
    place = lines.index("  training.seed")
    assert lines[place + 1].split() == ["2", str(several / "killed")]


def test_data_that_is_another_is_a_setting_that_differs(tmp_path: Path) -> None:
    for hour, (name, digest) in enumerate((("a", "11112222333"), ("b", "44445555666"))):
        a_run(tmp_path / name, hour=hour, data={"files": [{"role": "train", "file": "t.tsv", "sha256": digest}]})
    [differing] = runs_below([tmp_path]).differing
    assert (differing.key, differing.values) == ("train data", ("t.tsv 44445555", "t.tsv 11112222"))


def test_a_run_that_is_under_way(several: Path) -> None:
    lock = several / "killed" / ".lock"
    lock.write_text(str(os.getpid()), encoding="utf-8")
    states = {run.name: run.state for run in runs_below([several]).runs}
    assert states["killed"] == "interrupted"  # the number of a process that was killed
    with lock.open("r+b") as opened:
        assert acquire(opened.fileno())
        states = {run.name: run.state for run in runs_below([several]).runs}
        assert states["killed"] == "running"


def test_a_page_of_them(several: Path) -> None:
    html = page_of(runs_below([several]), on="runs").html()
    assert html.count("<svg ") == 4
    assert "model.encoder.kind" in html
    assert "must be JSON" in html


def test_a_copied_model_has_its_history_without_a_log(tmp_path: Path) -> None:
    history = [{"step": 5, "score": 3.0, "best": True}, {"step": 9, "score": 2.0, "best": False}]
    a_run(tmp_path / "m", hour=1, metrics={"steps": 9, "seconds": 2.0, "stopped": "steps", "history": history})
    listing = runs_below([tmp_path])
    [run] = listing.runs
    assert (run.validation.steps, run.validation.seconds, run.best) == ((5, 9), (), 3.0)
    assert page_of(listing, on="m").html().count("<svg ") == 1


def test_nothing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="there are no runs below it"):
        runs_below([tmp_path])
    with pytest.raises(ModelFolderError, match="there is no such folder"):
        runs_below([tmp_path / "nothing"])

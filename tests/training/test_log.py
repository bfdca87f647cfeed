"""The log of a run, in lines and in curves; a run that resumes takes back what it makes again."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqloom.core.errors import MissingExtraError
from seqloom.training.events import Stepped
from seqloom.training.log import LoggingSettings
from seqloom.training.run import resume, run
from seqloom.training.settings import TrainingSettings

from .runs import loss_of, trainer

SETTINGS = TrainingSettings(steps=12, rate=1e-2, warmup=2, validate_every=4)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def test_what_is_logged(tmp_path: Path) -> None:
    list(run(trainer(SETTINGS), tmp_path, validate=loss_of, logging=LoggingSettings(every=5)))
    found = lines(tmp_path)
    assert [(line["event"], line["step"]) for line in found] == [
        ("validation", 4),
        ("step", 5),
        ("validation", 8),
        ("step", 10),
        ("validation", 12),
        ("stopped", 12),
    ]
    assert found[1].keys() == {
        "event", "step", "loss", "gradient_norm", "rate", "tokens", "smoothed", "epoch", "seconds"
    }  # fmt: skip
    assert found[0]["best"] is True
    assert found[-1]["reason"] == "steps"


def test_what_is_made_again_is_logged_once(tmp_path: Path) -> None:
    settings = replace(SETTINGS, save_every=6)
    events = run(trainer(settings), tmp_path, validate=loss_of, logging=LoggingSettings(every=1))
    for event in events:
        if isinstance(event, Stepped) and event.progress.step == 11:
            break
    events.close()
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"event": "step", "step": 12, "lo')  # as a kill leaves it
    again = trainer(settings)
    assert resume(again, tmp_path)
    assert again.step == 8
    list(run(again, tmp_path, validate=loss_of, logging=LoggingSettings(every=1)))
    found = lines(tmp_path)
    assert [line["step"] for line in found if line["event"] == "step"] == list(range(1, 13))
    assert [line["step"] for line in found if line["event"] == "validation"] == [4, 8, 12]
    assert [line["event"] for line in found].count("stopped") == 1


def test_curves_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    event_files = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    logging = LoggingSettings(every=3, tensorboard=True)
    list(run(trainer(SETTINGS), tmp_path, validate=loss_of, logging=logging))
    curves = event_files.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [point.step for point in curves.Scalars("training/loss")] == [3, 6, 9, 12]
    assert [point.step for point in curves.Scalars("validation/score")] == [4, 8, 12]
    logged = [line["loss"] for line in lines(tmp_path) if line["event"] == "step"]
    assert [point.value for point in curves.Scalars("training/loss")] == pytest.approx(logged)


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(MissingExtraError, match=r"`logging\.wandb` needs the extra `wandb`"):
        next(run(trainer(SETTINGS), tmp_path, logging=LoggingSettings(wandb="x")))

"""A checkpoint is there whole or not at all, and one that was spoilt is not believed."""

import json
import logging
import resource
from pathlib import Path

import pytest
import torch

from seqloom.core.errors import TrainingError
from seqloom.training.checkpoints import (
    TrainerState,
    checkpoint_steps,
    has_checkpoints,
    newest_checkpoint,
    read_checkpoint,
    save_checkpoint,
)

from .runs import same


def state(step: int, size: int = 4) -> TrainerState:
    torch.manual_seed(step)
    tensors = {
        "weights": {"w": torch.randn(size, 3), "half": torch.randn(2).bfloat16()},
        "optimizer": {"0.0.step": torch.tensor(float(step)), "0.0.exp_avg": torch.randn(3, size).T},
    }
    return TrainerState(step=step, tensors=tensors, data={"step": step, "score": 0.1 + 0.2, "words": ["dé", "é"]})


def test_what_is_read_is_what_was_saved(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) is None
    assert not has_checkpoints(tmp_path)
    saved = state(7)
    assert save_checkpoint(tmp_path, saved) == tmp_path / "checkpoints/step-00000007"
    read = newest_checkpoint(tmp_path)
    assert read is not None
    assert (read.step, read.data) == (7, saved.data)
    assert read.tensors.keys() == saved.tensors.keys()
    assert all(same(read.tensors[name], saved.tensors[name]) for name in saved.tensors)
    assert has_checkpoints(tmp_path)


def test_the_newest_two_are_kept_and_those_asked_for(tmp_path: Path) -> None:
    for step in (10, 20, 30, 40, 50):
        save_checkpoint(tmp_path, state(step), keep={20})
    assert checkpoint_steps(tmp_path) == [20, 40, 50]


def test_a_step_saved_again_is_the_later_one(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, state(5))
    save_checkpoint(tmp_path, state(5, size=9))
    assert read_checkpoint(tmp_path, 5).tensors["weights"]["w"].shape == (9, 3)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-00000005"]


@pytest.mark.parametrize("name", ["weights.safetensors", "optimizer.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize("how", ["cut", "one byte", "gone", "empty"])
def test_a_damaged_one_falls_back(tmp_path: Path, name: str, how: str, caplog: pytest.LogCaptureFixture) -> None:
    save_checkpoint(tmp_path, state(1))
    path = save_checkpoint(tmp_path, state(2)) / name
    content = bytearray(path.read_bytes())
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "one byte":
        content[-5] ^= 1
        path.write_bytes(content)
    elif how == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()
    with caplog.at_level(logging.WARNING, "seqloom"):
        read = newest_checkpoint(tmp_path)
    assert read is not None
    assert read.step == 1
    (record,) = caplog.records
    assert "step-00000002: this checkpoint cannot be used (" in record.getMessage()
    assert record.getMessage().endswith("). Going back to the one before.")
    assert "\n" not in record.getMessage()


def test_what_was_left_behind_is_no_future(tmp_path: Path) -> None:
    """The run that fell back saves an earlier step than the damaged one: this must not count as the newest."""
    for step in (10, 20):
        save_checkpoint(tmp_path, state(step))
    save_checkpoint(tmp_path, state(15))
    assert checkpoint_steps(tmp_path) == [10, 15]


def test_of_another_format(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, state(3)) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(TrainingError, match=r"cannot be used \(its format is 99, and must be 1\)"):
        read_checkpoint(tmp_path, 3)
    with pytest.raises(TrainingError, match=r"of 1 checkpoints none can be read\. Copy one back, or remove"):
        newest_checkpoint(tmp_path)


def test_a_full_disk_leaves_the_earlier_one(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, state(1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))
    try:
        with pytest.raises(TrainingError) as error:
            save_checkpoint(tmp_path, state(2, size=100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    line = str(error.value)
    assert "\n" not in line
    assert "step-00000002: the checkpoint cannot be written (" in line
    assert line.endswith("the one of step 1 is whole, and training resumes from there.")
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-00000001"]
    assert read_checkpoint(tmp_path, 1).data["step"] == 1


def test_nothing_is_pickled(tmp_path: Path) -> None:
    files = list(save_checkpoint(tmp_path, state(1)).iterdir())
    assert {path.suffix for path in files} == {".json", ".safetensors"}

"""Where bf16 is the choice, and that parameters and the optimiser never are."""

from pathlib import Path

import pytest
import torch

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse
from seqloom.training import precision
from seqloom.training.loop import Learner
from seqloom.training.precision import autocast, resolve
from seqloom.training.settings import TrainingSettings

from .models import batches, model

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        ("fpu sse2 avx2", False),
        ("fpu avx512f avx512_bf16", True),
        ("amx_bf16 amx_tile", True),
        ("avx512_bf16x", False),
    ],
)
def test_auto_asks_the_processor(flags: str, has: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t\t: {flags}\n")
    assert precision._processor_has_bf16(path) is has
    monkeypatch.setattr(precision, "_processor_has_bf16", lambda: has)
    assert resolve("auto", CPU) == ("bf16" if has else "fp32")


def test_where_nothing_is_known_of_the_processor(tmp_path: Path) -> None:
    assert precision._processor_has_bf16(tmp_path / "absent") is False


def test_fp16_is_refused() -> None:
    with pytest.raises(RecipeError, match='`precision` must be one of "auto", "fp32", "bf16", but is "fp16"'):
        parse(TrainingSettings, {"precision": "fp16"})


def test_what_is_computed_in_which() -> None:
    layer, x = torch.nn.Linear(4, 4), torch.randn(2, 4)
    with autocast("bf16", CPU):
        assert layer(x).dtype == torch.bfloat16
    with autocast("fp32", CPU):
        assert layer(x).dtype == torch.float32


def test_the_optimisers_memory_is_float32() -> None:
    learner = Learner(model(), TrainingSettings(steps=3, warmup=0, precision="bf16", ema=0.9))
    learner.learn([next(batches())], step=1, rate=1e-2)
    kept = [value for entry in learner.optimizers[0].state.values() for value in entry.values()]
    assert kept
    assert all(tensor.dtype == torch.float32 for tensor in kept)
    assert learner.average is not None
    assert all(tensor.dtype == torch.float32 for tensor in learner.average.weights.values())

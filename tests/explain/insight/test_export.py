"""What CTranslate2 can still tell: scores, and so erasure; it begins no answer with given tokens."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from seqloom.explain.explaining import PARTS, explain
from seqloom.export.folder import export_folder
from seqloom.workflow.loading import load

from .small import hardly

pytest.importorskip("ctranslate2")


def test_erasure_is_the_models_and_the_rest_is_said_to_be_missing(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    model = hardly("transformer")
    model.save(tmp_path / "model")
    export_folder(tmp_path / "model", tmp_path / "fast", to="ctranslate2")
    found = explain(load(tmp_path / "fast"), "3 1 7 5", what=PARTS)
    own = explain(model, "3 1 7 5", what=PARTS)
    assert found.target == own.target
    assert found.missing.keys() == {"attention", "self_attention", "gradients", "search", "alternatives"}
    assert "CTranslate2" in found.missing["alternatives"]
    assert found.attribution is not None
    assert own.attribution is not None
    for mine, theirs in zip(own.attribution.methods["erasure"], found.attribution.methods["erasure"], strict=True):
        assert theirs == pytest.approx(mine, abs=1e-3)

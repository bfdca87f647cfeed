"""Model folders of earlier versions still load, and answer as they did when they were made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import seqloom
from seqloom.workflow.manifest import FORMAT

KEPT = Path(__file__).parent.parent / "kept"
FOLDERS = sorted(path for path in KEPT.iterdir() if path.is_dir())


def test_there_is_one_of_each_format() -> None:
    assert [folder.name for folder in FOLDERS] == [f"format-{number}" for number in range(1, FORMAT + 1)]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_answers_as_it_did(folder: Path) -> None:
    expected = json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))
    answers = seqloom.load(folder).predict([each["source"] for each in expected], beam=2)
    assert [answer.text for answer in answers] == [each["text"] for each in expected]
    assert [answer.logp for answer in answers] == pytest.approx([each["logp"] for each in expected], abs=1e-3)

"""What comes next is learnt where there is something to learn: users who walk along a ring of items."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from seqloom.cli.main import main

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "how",
    [
        ("task.items=whole",),
        (
            "task.items=named",
            "task.history=3",
            'data.tokenizer={kind="character"}',
            'model.encoder={kind="recurrent", width=64}',
            'model.decoder={kind="recurrent", width=64}',
        ),
    ],
)
def test_it_finds_what_comes_next(how: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(1)
    lines = ["user,item,rating,time"]
    for user in range(150):
        place = dice.randrange(40)
        for time in range(15):
            place = (place + dice.choice((1, 1, 1, 2))) % 40
            lines.append(f"{user},Item {place},1,{time}")
    (tmp_path / "ratings.csv").write_text("\n".join(lines), encoding="utf-8")
    made, run = tmp_path / "made", tmp_path / "run"
    assert main(["data", "histories", str(tmp_path / "ratings.csv"), "--out", str(made)]) == 0
    settings = [*how, "task.best=2", "training.steps=600", "training.epochs=0", "training.threads=1"]
    arguments = ["--train", f"{made}/train.tsv", "--valid", f"{made}/valid.tsv", "--out", str(run)]
    told = [each for setting in settings for each in ("--set", setting)]
    assert main(["train", "recommendation", *arguments, *told]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(run), f"{made}/test.tsv", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    found, beside = report["scores"], report["baselines"]
    assert found["hr@2"]["value"] > 90, "one step or two: both are among the two"
    assert found["hr@2"]["value"] > 60 + beside["popularity"]["hr@2"]["value"]
    assert found["exact_match"]["value"] > 55

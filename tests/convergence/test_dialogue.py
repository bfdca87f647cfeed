"""A conversation whose answers need what was said before: a name that came up two turns ago."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from seqloom.workflow.chatting import Conversation
from seqloom.workflow.loading import load

NAMES = [f"{first}{second}" for first in "bdklmn" for second in ("ana", "ora", "imi", "elo")]
SMALL = [
    "data.tokenizer.kind=word",
    "data.tokenizer.split=space",
    "model.source.width=64",
    "model.target.width=64",
    "model.encoder.width=64",
    "model.decoder.width=64",
    "model.source.dropout=0.0",
    "model.target.dropout=0.0",
    "model.encoder.dropout=0.0",
    "model.decoder.dropout=0.0",
    "data.cleaning.duplicates=keep",
    "data.batches.tokens=512",
    "task.turns=6",
    "task.learnt=second",
    "training.steps=400",
    "training.warmup=50",
    "training.rate=0.003",
    "training.threads=1",
    "training.validate_every=400",
    "evaluation.pairs=20",
]


def dialogue(dice: random.Random) -> str:
    name = dice.choice(NAMES)
    between = dice.choice([[], ["how are you ?", "fine ."], ["is it late ?", "no ."]])
    return "\t".join([f"i am {name} .", "hello .", *between, "what is my name ?", f"it is {name} ."])


@pytest.mark.slow
def test_it_remembers_a_name(tmp_path: Path) -> None:
    dice = random.Random(1)
    (tmp_path / "train.tsv").write_text("\n".join(dialogue(dice) for _ in range(600)) + "\n", encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "seqloom", "train", "dialogue", "--train", "train.tsv", "--out", "m"),
            *(part for setting in SMALL for part in ("--set", setting)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    speaker = load(tmp_path / "m")
    right = 0
    for name in NAMES:
        conversation = Conversation(speaker)
        for line in (f"i am {name} .", "how are you ?"):
            conversation.answer(line)
        right += conversation.answer("what is my name ?") == f"it is {name} ."
    assert right >= 22  # of 24
    conversation.undo()
    conversation.new()
    assert conversation.answer("how are you ?") == "fine ."

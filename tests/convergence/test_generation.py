"""A language model of a small language: it says what may be said, variously, and beats the bigrams at it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

NOUNS, VERBS = ("cat", "dog", "cow", "hen", "fox"), ("sees", "bites", "likes", "finds")
SMALL = [
    "data.source=none",
    "data.rows=texts",
    "data.tokenizer.kind=word",
    "data.tokenizer.split=space",
    "model.source.width=64",
    "model.source.dropout=0.0",
    "model.target.width=64",
    "model.target.dropout=0.0",
    "model.encoder.width=64",
    "model.encoder.layers=1",
    "model.encoder.dropout=0.0",
    "model.decoder.width=64",
    "model.decoder.layers=2",
    "model.decoder.dropout=0.0",
    "data.batches.tokens=1024",
    "data.cleaning.duplicates=keep",
    "training.steps=400",
    "training.rate=0.003",
    "training.warmup=50",
    "training.threads=1",
    "training.validate_every=400",
    "evaluation.pairs=20",
    "answers.max_length=20",
    "answers.constraints=[]",
]


def text(dice: random.Random) -> str:
    """The last word is the first noun again, which no bigram knows."""
    one, other = dice.choices(NOUNS, k=2)
    return f"the {one} {dice.choice(VERBS)} the {other} and goes home alone says the {one}"


@pytest.mark.slow
def test_it_learns_what_bigrams_cannot(tmp_path: Path) -> None:
    dice = random.Random(1)
    for name, number in (("train", 1500), ("test", 200)):
        (tmp_path / f"{name}.txt").write_text("\n".join(text(dice) for _ in range(number)) + "\n", encoding="utf-8")

    def run(*arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "seqloom", *arguments], cwd=tmp_path, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    settings = [part for setting in SMALL for part in ("--set", setting)]
    run("train", "generation", "--train", "train.txt", "--out", "m", *settings)
    scores = json.loads(run("evaluate", "m", "test.txt", "--json"))["scores"]
    perplexity = scores["perplexity_a_word"]
    assert perplexity["value"] < 0.9 * perplexity["against"]["a bigram model"]
    assert perplexity["value"] < 1.5  # 1.43 is what the dice leave open; without the last word, 1.61
    said = run("predict", "m", stdin="\n" * 100).splitlines()  # empty lines ask it too
    assert len(said) == 100
    assert len({*said}) > 25
    right = [line for line in said if line.split()[1:2] == line.split()[-1:]]
    assert len(right) >= 85

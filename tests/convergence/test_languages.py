"""A direction that was never trained is answered, and in its own language, where its source had several targets."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from seqloom.cli.main import main
from seqloom.workflow.loading import load

pytestmark = pytest.mark.slow

RECIPE = """
[task]
kind = "translation"
without = ["de-fr", "fr-de"]

[data]
tokenizer = { kind = "word", split = "space" }
batches.tokens = 512

[model]
tie = "all"
source.width = 64
target.width = 64
encoder = { kind = "transformer", layers = 2, width = 64, feed_forward = 128, dropout = 0.1 }
decoder = { kind = "transformer", layers = 2, width = 64, feed_forward = 128, dropout = 0.1 }

[training]
steps = 1200
rate = 3e-3
warmup = 50
validate_every = 1200
threads = 1

[evaluation]
beam = 1
metrics = ["exact_match"]
pairs = 60
"""
LANGUAGES = ("de", "en", "fr", "it")


def write(folder: Path, stem: str, number: int, *, seed: int) -> str:
    """One text in four languages: each has its own words for the same things."""
    dice = random.Random(seed)
    rows = [[dice.randrange(8) for _ in range(dice.randint(2, 4))] for _ in range(number)]
    for language in LANGUAGES:
        text = "".join(" ".join(f"{language[0]}{thing}" for thing in row) + "\n" for row in rows)
        (folder / f"{stem}.{language}").write_text(text, encoding="utf-8")
    return ",".join(str(folder / f"{stem}.{language}") for language in LANGUAGES)


def test_a_direction_that_was_never_trained(tmp_path: Path) -> None:
    (tmp_path / "many.toml").write_text(RECIPE, encoding="utf-8")
    train, valid = write(tmp_path, "train", 2000, seed=1), write(tmp_path, "valid", 30, seed=2)
    run = tmp_path / "run"
    arguments = ["train", str(tmp_path / "many.toml"), "--train", train, "--valid", valid, "--out", str(run)]
    assert main(arguments) == 0
    write(tmp_path, "test", 100, seed=3)
    german, french = ((tmp_path / f"test.{each}").read_text("utf-8").splitlines() for each in ("de", "fr"))
    model = load(run)

    def say(texts: list[str], language: str) -> list[str]:
        return [each.text for each in model.predict([{"source": text, "to": language} for text in texts])]

    def right(answers: list[str]) -> float:
        return sum(one == other for one, other in zip(answers, french, strict=True)) / len(french)

    direct = say(german, "fr")
    assert right(say(say(german, "en"), "fr")) > 0.85
    words = [word for text in direct for word in text.split()]
    assert sum(word.startswith("f") for word in words) > 0.95 * len(words)
    assert right(direct) > 0.75

"""A label that hangs on the order of words, which naive Bayes cannot know; and sets of labels that go together."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import seqloom
from seqloom.workflow.evaluating import Report

pytestmark = pytest.mark.slow

FILL = [f"w{number}" for number in range(12)]
DECODERS = {"pooled": '{kind="pooled", width=32, pool="max"}', "recurrent": '{kind="recurrent", width=32}'}


def reviews(number: int, *, seed: int) -> list[tuple[str, str]]:
    """Good is good and bad is bad, unless "not" stands right before it; somewhere else it says nothing."""
    dice = random.Random(seed)
    found = []
    for _ in range(number):
        good, turned = dice.random() < 0.5, dice.random() < 0.5
        words = [dice.choice(FILL) for _ in range(dice.randint(2, 6))]
        place = dice.randint(0, len(words))
        words[place:place] = ["not"] * turned + ["good" if good else "bad"]
        if not turned:
            words.append("not")
        found.append((" ".join(words), "yes" if good != turned else "no"))
    return found


def topics(number: int, *, seed: int) -> list[tuple[str, str]]:
    """Each word from the list is a label; they stand in any order."""
    dice = random.Random(seed)
    found = []
    for _ in range(number):
        labels = dice.sample(["art", "sport", "news", "food"], dice.randint(1, 3))
        words = [f"{label}ly" for label in labels] + dice.choices(FILL, k=3)
        dice.shuffle(words)
        found.append((" ".join(words), " ".join(labels)))
    return found


def report(folder: Path, pairs: object, test: object, *settings: str) -> Report:
    model = seqloom.train(
        "classification",
        train=pairs,
        out=folder / "m",
        set=[
            "training.threads=1",
            "training.epochs=0",
            "training.average=0",
            "training.rate=0.01",
            "model.source={width=32, dropout=0.1}",
            'model.encoder={kind="recurrent", width=32}',
            *settings,
        ],
    )
    return model.evaluate(test)


@pytest.mark.parametrize("decoder", DECODERS)
def test_the_order_of_words_tells(decoder: str, tmp_path: Path) -> None:
    found = report(
        tmp_path,
        reviews(2000, seed=1),
        reviews(300, seed=2),
        f"model.decoder={DECODERS[decoder]}",
        "training.steps=300",
    )
    assert found["accuracy"].value >= 98
    [simple, *_] = found.baselines["naive Bayes"]
    assert simple.value < 70, "its words are the same in both"


def test_sets_are_found(tmp_path: Path) -> None:
    found = report(
        tmp_path,
        topics(1500, seed=1),
        topics(300, seed=2),
        "task.several=true",
        f"model.decoder={DECODERS['recurrent']}",
        "training.steps=400",
        'evaluation.metrics=["exact_match"]',
    )
    assert found["exact_match"].value >= 95
    assert found["micro_f1"].value >= 98

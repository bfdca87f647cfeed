"""A summary that takes up what training never saw: names are pointed at, what they are is said in other words."""

from __future__ import annotations

import random

import pytest

from seqloom.workflow.training import train

pytestmark = pytest.mark.slow

_THINGS = {"library": "lib", "program": "tool", "game": "game", "collection": "set"}


def _pairs(number: int, *, seed: int, names: str) -> list[tuple[str, str]]:
    dice = random.Random(seed)

    def pair() -> tuple[str, str]:
        name, other = ("".join(dice.choices(names, k=5)) for _ in range(2))
        thing = dice.choice([*_THINGS])
        return (
            f"It was made long ago. There is a {thing} called {name} here. It has nothing to do with {other}.",
            f"{_THINGS[thing]} {name}",
        )

    return [pair() for _ in range(number)]


@pytest.mark.parametrize("recipe", ["summarization", "summarization-transformer"])
def test_what_was_never_seen_is_copied_and_the_first_sentences_are_beaten(recipe: str) -> None:
    model = train(
        recipe,
        train=_pairs(2000, seed=1, names="abcdefghij"),
        valid=_pairs(100, seed=2, names="abcdefghij"),
        set=[
            "data.source_columns=[]",
            "data.target_columns=[]",
            "data.tokenizer.kind=word",
            "data.tokenizer.size=60",
            "training.epochs=6",
            "training.warmup=50",
            "training.rate=0.004",
            "data.batches.tokens=512",
        ],
        verbose=False,
    )
    report = model.evaluate(_pairs(100, seed=3, names="klmnopqrst"))
    assert report["ROUGE-L"].value > 90
    for scores in report.baselines.values():
        assert scores[0].value < 60

"""A small language for small models: words said one by one."""

from __future__ import annotations

import random
from pathlib import Path

import seqloom

WORDS = {
    "red": "rouge", "blue": "bleu", "cat": "chat", "dog": "chien", "one": "un", "two": "deux", "sun": "soleil",
    "sea": "mer", "tea": "thé", "milk": "lait",
}  # fmt: skip

RECIPE = """
about = "A small language."

[data]
tokenizer.kind = "word"
joint = false
batches.tokens = 512

[model]
tie = "output"
source.width = 48
target.width = 48

[model.encoder]
kind = "recurrent"
width = 48

[model.decoder]
kind = "recurrent"
width = 48

[training]
steps = 120
warmup = 10
rate = 0.01
validate_every = 120
threads = 1

[evaluation]
metrics = ["exact_match"]
pairs = 20

[answers]
beam = 2
"""

TRANSFORMER = [
    *(f"model.{side}.{key}" for side in ("encoder", "decoder") for key in ("kind=transformer", "layers=1", "heads=4")),
    *(f"model.{side}.feed_forward=96" for side in ("encoder", "decoder")),
]


def sources(number: int, *, seed: int) -> list[str]:
    """Distinct, of two to five words."""
    draw = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < number:
        found[" ".join(draw.choices(list(WORDS), k=draw.randint(2, 5)))] = None
    return [*found]


def trained(folder: Path, *changes: str, seed: int = 1) -> Path:
    """A model folder."""
    folder.mkdir(parents=True)
    recipe = folder / "small.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    pairs = [(source, " ".join(WORDS[word] for word in source.split())) for source in sources(200, seed=1)]
    told = [*changes, f"training.seed={seed}"]
    seqloom.train(recipe, train=pairs[:180], valid=pairs[180:], out=folder / "run", set=told, verbose=False)
    return folder / "run"

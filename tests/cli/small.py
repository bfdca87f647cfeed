"""A small language that a small model learns in seconds: words one by one, with numbers as they are said backwards."""

from __future__ import annotations

import random
from pathlib import Path

WORDS = {
    "red": "rouge", "blue": "bleu", "cat": "chat", "dog": "chien", "one": "un", "two": "deux", "sun": "soleil",
    "sea": "mer", "tea": "thé", "milk": "lait", "我": "je", "你": "tu",
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
dropout = 0.1

[training]
steps = 400
warmup = 20
rate = 0.01
validate_every = 200
threads = 1

[evaluation]
metrics = ["exact_match", "bleu"]
pairs = 40

[answers]
beam = 2
"""


def pairs(number: int, *, seed: int = 1) -> list[tuple[str, str]]:
    """Distinct pairs of two to five words."""
    draw = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < number:
        words = draw.choices(list(WORDS), k=draw.randint(2, 5))
        found[" ".join(words)] = " ".join(WORDS[word] for word in words)
    return list(found.items())


def write_pairs(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("".join(f"{source}\t{target}\n" for source, target in rows), encoding="utf-8")
    return path


def write_task(folder: Path) -> Path:
    """A recipe with three files beside it; gives back the recipe."""
    rows = pairs(3200)
    write_pairs(folder / "train.tsv", rows[:3000])
    write_pairs(folder / "valid.tsv", rows[3000:3100])
    write_pairs(folder / "test.tsv", rows[3100:])
    recipe = folder / "small.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return recipe

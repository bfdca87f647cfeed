"""A small model of each kind, trained in seconds, to be served together."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.cli import small, test_chat
from tests.tasks import test_classification

import seqloom

NONE: Mapping[str, Any] = MappingProxyType({})
FEW: Mapping[str, Any] = {"training.warmup": 1, "training.threads": 1, "evaluation.pairs": 4}
TINY: Mapping[str, Any] = {
    **FEW,
    "training.steps": 3,
    "data.held_out": 0.2,
    "model.source.width": 16,
    "model.target.width": 16,
    "model.encoder.width": 16,
    "model.decoder.width": 16,
}
SCHEMA = """{"type": "object", "properties": {"kind": {"enum": ["order", "invoice"]},
"amount": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["kind", "amount"]}"""
PEOPLE, PLACES = ["Ada Lovelace", "Alan Turing"], ["New York", "Rome"]


def train_all(folder: Path) -> dict[str, Path]:
    """Their folders, by name."""
    made = [words, back, talk, labels, names, forms, reading, films, sales]
    return {each.__name__: each(folder) for each in made}


def words(folder: Path) -> Path:
    """A small language, learnt well."""
    return _of_pairs(folder, "words", small.pairs(1500), steps=250)


def back(folder: Path) -> Path:
    """The other way, learnt badly, by a Transformer."""
    rows = [(target, source) for source, target in small.pairs(300)]
    layers: Mapping[str, Any] = {"kind": "transformer", "layers": 1, "heads": 2, "feed_forward": 64, "width": 32}
    set_ = {f"model.{side}": layers for side in ("encoder", "decoder")}
    return _of_pairs(folder, "back", rows, steps=25, set_=set_)


def _of_pairs(
    folder: Path, name: str, rows: list[tuple[str, str]], *, steps: int, set_: Mapping[str, Any] = NONE
) -> Path:
    recipe = folder / f"{name}.toml"
    recipe.write_text(small.RECIPE, encoding="utf-8")
    train = small.write_pairs(folder / f"{name}.tsv", rows)
    few = {"training.steps": steps, "training.validate_every": steps, "data.held_out": 0.02}
    return _trained(folder, name, recipe, train, {**few, **set_})


def talk(folder: Path) -> Path:
    recipe, train = folder / "talk.toml", folder / "talk.tsv"
    recipe.write_text(test_chat.RECIPE, encoding="utf-8")
    train.write_text(test_chat.lines(80, seed=1), encoding="utf-8")
    return _trained(folder, "talk", recipe, train, {})


def labels(folder: Path) -> Path:
    dice = random.Random(1)
    recipe = folder / "labels.toml"
    recipe.write_text(test_classification.SMALL, encoding="utf-8")
    rows = [
        (f"a {dice.choice(said)} film", label)
        for _ in range(100)
        for label, said in (("good", ["warm", "clever"]), ("bad", ["dull", "cold"]))
    ]
    return _trained(folder, "labels", recipe, small.write_pairs(folder / "labels.tsv", rows), {"data.held_out": 0.1})


def names(folder: Path) -> Path:
    dice = random.Random(1)
    lines = []
    for _ in range(120):
        for text, kind in ((dice.choice(PEOPLE), "person"), ("lives in", ""), (dice.choice(PLACES), "place")):
            for place, word in enumerate(text.split()):
                lines.append(f"{word}\t{('I-' if place else 'B-') + kind if kind else 'O'}")
        lines.append("")
    train = folder / "names.conll"
    train.write_text("\n".join(lines) + "\n", encoding="utf-8")
    set_ = {**FEW, "training.steps": 60, "training.rate": 0.02, "model.encoder.width": 32, "data.held_out": 0.1}
    return _trained(folder, "names", "tagging", train, set_)


def forms(folder: Path) -> Path:
    rows = [
        (f"{kind} of {n}", f'{{"kind":"{kind}","amount":{n}}}') for kind in ("order", "invoice") for n in range(1, 9)
    ]
    train = small.write_pairs(folder / "forms.tsv", rows * 2)
    return _trained(folder, "forms", "extraction", train, {**TINY, "task.schema": SCHEMA})


def reading(folder: Path) -> Path:
    train = folder / "reading.jsonl"
    lines = [
        f'{{"context": "{who} is in {where}.", "question": "Where is {who}?", "answers": ["{where}"]}}'
        for who in ("Tom", "Eve", "Ann", "Bob")
        for where in ("Rome", "the hall", "Oslo")
    ]
    train.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return _trained(folder, "reading", "question-answering", train, {**TINY, "data.tokenizer.minimum_count": 1})


def films(folder: Path) -> Path:
    dice = random.Random(1)
    rows = []
    for _ in range(200):
        first = dice.randrange(20)
        history = [f"Film {(first + place) % 20}" for place in range(4)]
        rows.append((" | ".join(history[:3]), history[3]))
    train = small.write_pairs(folder / "films.tsv", rows)
    few = {key: value for key, value in TINY.items() if "encoder" not in key}
    return _trained(folder, "films", "recommendation", train, {**few, "data.tokenizer.minimum_count": 1})


def sales(folder: Path) -> Path:
    """Two values a step: a wave, and one that lies a hundred higher."""
    train = folder / "sales.jsonl"
    waves = [[math.sin((first + step) / 2) for step in range(16)] for first in range(40)]
    rows = [[[value, 100 + value] for value in wave] for wave in waves]
    lines = [json.dumps({"source": row[:12], "target": row[12:]}) for row in rows]
    train.write_text("\n".join(lines) + "\n", encoding="utf-8")
    set_ = {
        **TINY,
        "model.decoder.width": 16,
        "answers.min_length": 4,
        "answers.max_length": 4,
        "answers.search.paths": 10,
    }
    return _trained(folder, "sales", "forecast", train, set_)


def _trained(folder: Path, name: str, recipe: Path | str, train: Path, set_: Mapping[str, Any]) -> Path:
    out = folder / "runs" / name
    seqloom.train(recipe, train=train, out=out, set=set_, verbose=False)
    return out

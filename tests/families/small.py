"""A comparison that takes seconds: the phrasebook's first pairs, models of a few thousand numbers, four steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqloom.data import phrasebook
from seqloom.families.family import chosen
from seqloom.families.training import Plan
from seqloom.workflow.training import Ended, Told

TINY = (
    "data.tokenizer.kind=word",
    "data.batches.tokens=64",
    "model.source.width=16",
    "model.target.width=16",
    "model.encoder.width=16",
    "model.decoder.width=16",
    "training.steps=4",
    "training.warmup=1",
    "training.validate_every=2",
    "training.threads=1",
    "evaluation.pairs=4",
    "answers.beam=2",
    "answers.length_extra=4",
)


def write(path: Path, split: phrasebook.Split, number: int) -> str:
    rows = phrasebook.pairs(split)[:number]
    path.write_text("".join(f"{source}\t{target}\n" for source, target in rows), encoding="utf-8")
    return str(path)


def plan(folder: Path, *names: str, **more: Any) -> Plan:
    given: dict[str, Any] = {
        "train": (write(folder / "train.tsv", "train", 120),),
        "valid": (write(folder / "valid.tsv", "valid", 12),),
        "test": write(folder / "test.tsv", "test", 60),
        "out": folder / "out",
        "budget": 60.0,
        "overrides": TINY,
        "device": "cpu",
    }
    return Plan(families=chosen(names), **{**given, **more})


def drain(events: Iterator[Told]) -> Ended:
    [last] = deque(events, maxlen=1)
    assert isinstance(last, Ended)
    return last

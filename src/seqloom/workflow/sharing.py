"""Pairs that are read and numbered once for several runs, so that all learn the same and none waits for it twice.

data/        as a run has it
tokenizer/   of both sides; or source/ and target/
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from shutil import copy2, copytree, rmtree

from seqloom.data.numbering import Numbering
from seqloom.workflow.folder import open_numbering
from seqloom.workflow.numberings import name_tokenizers
from seqloom.workflow.preparing import Prepared, open_data, prepare_data
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.rows import Pairs

__all__ = ["share_data", "take_data"]


def share_data(folder: Path, recipe: Recipe, *, train: Sequence[Pairs], valid: Sequence[Pairs]) -> Prepared:
    """Read, clean and number everything into ``folder``, for every recipe whose `data` is the same but for batches."""
    prepared, numbering = prepare_data(folder / "data", recipe, train=train, valid=valid)
    for name, tokenizer in name_tokenizers(numbering):
        tokenizer.save(folder / name)
    return prepared


def take_data(shared: Path, folder: Path, recipe: Recipe) -> tuple[Prepared, Numbering]:
    """The same for a run in ``folder``, which afterwards needs the other folder no more."""
    beside = folder / "data.part"
    rmtree(beside, ignore_errors=True)
    copytree(shared / "data", beside, copy_function=_linked)
    rmtree(folder / "data", ignore_errors=True)
    beside.replace(folder / "data")
    return open_data(folder / "data"), open_numbering(shared, recipe)


def _linked(source: str, target: str) -> None:
    """Numbered pairs are never written again, so that two names for a file are as good as two files."""
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that has no links
        copy2(source, target)

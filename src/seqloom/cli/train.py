"""`seqloom train`: from files of pairs to a model in a folder."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Device, Files, Overrides, importing, named_all

__all__ = ["train"]


def train(
    recipe: str,
    /,
    *,
    train: Files = (),
    valid: Files = (),
    test: Files = (),
    out: Path | None = None,
    overrides: Overrides = (),
    budget: str | None = None,
    resume: Annotated[bool, Parameter(negative=())] = False,
    device: Device = "auto",
) -> None:
    """Train a model on files of pairs, and measure it.

    A file is TSV, CSV, JSONL, Parquet, TMX, XLIFF, PO, CoNLL or SGML, or two parallel text files written
    `train.de,train.en`; `.gz`, `.xz`, `.bz2` and `.zst` are read as they are, `-` is standard input.

    Parameters
    ----------
    recipe
        A TOML file, or the name of a recipe that ships (`seqloom recipes`).
    train
        Files to learn from.
    valid
        Files to choose the best model on. Without any, some of the training pairs are held out.
    test
        Files to measure the finished model on.
    out
        The model's folder; by default `runs/` and the recipe's name.
    overrides
        One setting in place of the recipe's: `--set model.encoder.layers=4`. May be given again.
    budget
        How long it may take in all, such as 20m: the steps are planned to end then.
    resume
        Go on with the run in the folder where its last checkpoint stands; begin where there is none.
    device
        Where to compute: cpu, cuda or auto.
    """
    with importing():
        from seqloom.workflow.budgeting import keys_of
        from seqloom.workflow.display import show
        from seqloom.workflow.recipe import load_recipe
        from seqloom.workflow.training import Training, parse_budget

    training = Training(
        recipe=load_recipe(recipe, overrides=overrides),
        name=Path(recipe).stem,
        train=named_all(train),
        valid=named_all(valid),
        test=named_all(test),
        out=out,
        budget=None if budget is None else parse_budget(budget),
        fixed=keys_of(overrides),
        resume=resume,
        device=device,
    )
    ended = show(training.run())
    if ended.stopped.reason == "interrupted":
        raise KeyboardInterrupt

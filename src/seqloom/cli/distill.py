"""`seqloom distill`: a small model that learns what a large one says."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from seqloom.cli.options import Device, Engine, Files, Overrides, Trust, importing, named_all

__all__ = ["distill"]


def distill(
    teacher: Path,
    /,
    *,
    student: str,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    train: Files = (),
    valid: Files = (),
    test: Files = (),
    overrides: Overrides = (),
    beam: int | None = None,
    nbest: int | None = None,
    keep: Literal["nearest", "best"] = "nearest",
    by: Literal["bleu", "chrf", "rougeL", "exact_match", "token_accuracy"] = "bleu",
    originals: Annotated[bool, Parameter(negative=())] = False,
    budget: str | None = None,
    engine: Engine = "auto",
    device: Device = "auto",
    trust: Trust = (),
) -> None:
    """Train a small model on what a trained one answers to its own training sources.

    Answers are more regular than what people wrote, so that a model learns them that is too small for the original
    pairs. The same command goes on where it was killed, in its answers and in its training.

    Parameters
    ----------
    teacher
        A model folder.
    student
        The recipe of the small model: a TOML file, or the name of a recipe that ships, such as translation-small. It
        has the teacher's vocabulary, unless `data.vocabulary_of` names another model.
    out
        The student's folder. Its `distilled` has the answers and the pairs made of them.
    train
        The teacher's training pairs, if its recipe does not name them or they are elsewhere now.
    valid
        The pairs to choose the best student on; by default those that the teacher was chosen on.
    test
        Files to measure the finished student on.
    overrides
        One setting in place of the student's recipe's: `--set model.encoder.layers=4`. May be given again.
    beam
        Width of the teacher's search; by default its recipe's.
    nbest
        Answers to choose among; by default as many as the beam is wide.
    keep
        Of these: the nearest to the reference, or the best as the teacher ranks them.
    by
        The measure of what is near.
    originals
        Learn from the original pairs too.
    budget
        How long the training may take, such as 20m; the teacher's answers come on top.
    engine
        What answers for the teacher: own, ctranslate2 or onnx; by default the fastest that can.
    device
        Where to train: cpu, cuda or auto.
    trust
        Packages whose parts the teacher may run.
    """
    with importing():
        from seqloom.workflow.budgeting import keys_of
        from seqloom.workflow.display import show
        from seqloom.workflow.distilled import Choice
        from seqloom.workflow.distilling import Distilling
        from seqloom.workflow.recipe import load_recipe
        from seqloom.workflow.training import parse_budget

    distilling = Distilling(
        teacher=teacher,
        recipe=load_recipe(student, overrides=overrides),
        out=out,
        train=named_all(train),
        valid=named_all(valid),
        test=named_all(test),
        beam=beam,
        nbest=nbest,
        choice=Choice(keep=keep, by=by),
        originals=originals,
        budget=None if budget is None else parse_budget(budget),
        fixed=keys_of(overrides),
        engine=engine,
        device=device,
        trust=trust,
    )
    try:
        training = distilling.training()
    except KeyboardInterrupt:
        print(f"{out}: interrupted; the same command goes on where it was.", file=sys.stderr)
        raise
    ended = show(training.run())
    if ended.stopped.reason == "interrupted":
        raise KeyboardInterrupt

"""`seqloom evaluate`: what a model's answers are worth."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Device, Engine, Given, Overrides, Task, Trust, given_by, importing, named_all

__all__ = ["evaluate"]


def evaluate(
    model: Path,
    /,
    *files: str,
    beam: int | None = None,
    set_: Overrides = (),
    with_: Given = (),
    plot: Path | None = None,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    by: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    task: Task = None,
    engine: Engine = "auto",
    device: Device = "cpu",
    trust: Trust = (),
) -> None:
    """Answer the sources of a file of pairs, and score the answers beside the references.

    Each score comes with its 95 % interval and the signature that repeats it. Then, of the confidences: how far they
    are from the quality of the answers (ECE; for answers that are right or wrong also Brier's score), and how the risk
    falls when the least sure answers are left to a person, with the mean quality of those that remain.

    Parameters
    ----------
    model
        A model folder.
    files
        Files of pairs; further targets of a row are further references.
    beam
        Width of the search; by default the recipe's.
    set_
        Any key of the recipe's `answers` anew: `--set answers.search.kind=mbr`.
    with_
        A column that every question has, whatever the file says of it: `--with to=fr`.
    plot
        Draw confidence beside quality, and quality beside coverage: a PNG, SVG or PDF, one file's answers.
    out
        Write a page (.html) that shows what the scores hide: by length, by rare words, kinds of mistakes, the worst and
        the slowest sentences, where the model looked; one file's answers.
    by
        With `--out`, a column of the file by name or number, such as a domain: the scores of each of its values.
    as_json
        Print an object a file instead.
    task
        One of the further tasks that the model was trained for; by default the main one.
    engine
        What answers: own, ctranslate2 or onnx; by default the fastest that can, of those that are there.
    device
        Where to compute: cpu, cuda or auto.
    trust
        Packages whose parts the model may run.
    """
    with importing():
        from seqloom.core.errors import DataError
        from seqloom.workflow.asking import asking_of
        from seqloom.workflow.loading import load
        from seqloom.workflow.plots import check_plot, write_reliability
        from seqloom.workflow.reporting import check_page, evaluated_on, write_evaluation

    if not files:
        raise DataError("name at least one file of pairs to evaluate on.")
    for option, path in (("plot", plot), ("out", out)):
        if path is not None and len(files) > 1:
            raise DataError(
                f"`--{option}` shows the answers to one file, but there are {len(files)}. Evaluate one alone."
            )
    if plot is not None:
        check_plot(plot)
    if out is not None:
        check_page(out)
    elif by is not None:
        raise DataError("`--by` needs a page to be on, but there is no `--out`. Add `--out report.html`.")
    loaded = load(model, engine=engine, device=device, trust=trust)
    loaded = loaded if task is None else loaded.task(task)
    asking = asking_of(loaded.recipe.answers, beam=beam, set=set_)
    given = given_by(with_)
    column = int(by) if by is not None and by.isdecimal() else by
    for file in named_all(files):
        report = evaluated_on(loaded, file, asking, by=column, given=given)
        if plot is not None:
            write_reliability(report, plot)
        if out is not None:
            name = model.resolve().name if task is None else f"{model.resolve().name}, {task}"
            write_evaluation(out, report, loaded, name=name, file=file, asking=asking, by=column)
        if as_json:
            print(json.dumps({"file": file, **report.to_data()}, ensure_ascii=False), flush=True)
            continue
        if len(files) > 1:
            print(f"{file}:")
        print(report, flush=True)

"""`seqloom compare`: whether one model is better than another."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Device, Files, Given, Overrides, Task, Trust, given_by, importing, pairs_in, tell

__all__ = ["compare"]


def compare(
    *models: Path,
    on: Files = (),
    metrics: Files = (),
    beam: int | None = None,
    set_: Overrides = (),
    with_: Given = (),
    sentences: int = 0,
    samples: int = 1000,
    show: int = 3,
    html: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    task: Task = None,
    device: Device = "cpu",
    trust: Trust = (),
) -> None:
    """Say whether models are better than the first one, or whether that may be chance, and where they differ.

    All answer the same pairs. Each metric's difference comes with its 95 % interval (paired bootstrap) and p
    (approximate randomisation). Models of one recipe that differ by `training.seed` alone are taken as one, and how far
    their seeds move them is in the interval.

    Parameters
    ----------
    models
        Model folders, or folders that `seqloom export` made; the first one is what the others are compared with.
    on
        A file of pairs, or one of sources and one of targets; by default the first recipe's test or validation pairs.
    metrics
        In place of the recipes', which need not be the same then.
    beam
        Width of the search; by default that of each recipe.
    set_
        Any key of the recipes' `answers` anew: `--set answers.search.kind=mbr`.
    with_
        A column that every question has, whatever the file says of it: `--with to=fr`.
    sentences
        The first so many pairs; 0: all.
    samples
        Draws of each test.
    show
        Sentences that are shown where one is better by most, and where it is worse.
    html
        The comparison as a page, too: one file that needs no other.
    as_json
        Print an object instead.
    task
        One of the further tasks that the models were trained for; by default the main one.
    device
        Where to compute: cpu, cuda or auto.
    trust
        Packages whose parts the models may run.
    """
    with importing():
        from typing import cast

        from seqloom.core.errors import DataError, RecipeError
        from seqloom.explain.comparison.compared import compare_models
        from seqloom.explain.comparison.lines import lines_of
        from seqloom.explain.comparison.page import page_of
        from seqloom.explain.pages import check_page
        from seqloom.metrics.counts import check_samples
        from seqloom.metrics.names import MetricName

    if not models:
        raise DataError("name two model folders at least.")
    for name, number in (("sentences", sentences), ("show", show)):
        if number < 0:
            raise RecipeError(f"`--{name}` must be at least 0, but is {number}.")
    check_samples(samples, required=True)
    if html is not None:
        check_page(html)
    compared = compare_models(
        models,
        pairs_in(on),
        metrics=cast("tuple[MetricName, ...]", metrics),  # measuring refuses others
        beam=beam,
        set=set_,
        given=given_by(with_),
        sentences=sentences,
        samples=samples,
        examples=show,
        task=task,
        device=device,
        trust=frozenset(trust),
        tell=tell,
    )
    if html is not None:
        page_of(compared).write(html)
    if as_json:
        print(json.dumps(compared.to_data(), ensure_ascii=False))
        return
    for line in lines_of(compared):
        print(line)

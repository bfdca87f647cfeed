"""`seqloom explain`: why a model says what it says."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Device, Engine, Files, Given, Task, Trust, given_by, importing, named

__all__ = ["explain"]


def explain(
    model: Path,
    source: str | None = None,
    /,
    *,
    target: str | None = None,
    what: Files = (),
    position: int | None = None,
    number: int = 5,
    instead: str | None = None,
    pairs: str | None = None,
    test: str | None = None,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    beam: int | None = None,
    seed: int = 1,
    with_: Given = (),
    task: Task = None,
    engine: Engine = "auto",
    device: Device = "cpu",
    trust: Trust = (),
) -> None:
    """Show why a model answers a text as it does: where it looked, what mattered, how the answer was found, what else
    it might have said. With `--test`, show instead what it has learnt.

    What mattered is measured in three ways, and beside each stands how far to believe it: what the answer's
    log-probability loses without the tokens that it calls important, and without others.

    Parameters
    ----------
    model
        A model folder, or one that `seqloom export` made, which can show less.
    source
        The text.
    target
        An answer to explain in place of the model's own.
    what
        Parts of it: attention, self_attention, attribution, search, alternatives; by default all.
    position
        The place in the answer, counted from 0, whose alternatives are shown; by default the least sure one.
    number
        How many alternatives, and nearest pairs.
    instead
        Another answer: why not this one?
    pairs
        A file of training pairs, of which the nearest are shown.
    test
        A file of pairs, with `-o ….html` and without a text: embeddings, heads, mistakes on one page.
    out
        Write a page (.html), a picture (.svg, .png: the heat map, or the tree with `--what search`) or data (.json).
    as_json
        Print an object instead.
    beam
        Width of the search; by default the recipe's.
    seed
        Which other tokens are taken away, where what matters is put to the test.
    with_
        A further column of the question: `--with to=fr`.
    task
        One of the further tasks that the model was trained for; by default the main one.
    engine
        What answers: own, ctranslate2 or onnx; by default the model itself.
    device
        Where to compute: cpu, cuda or auto.
    trust
        Packages whose parts the model may run.
    """
    with importing():
        from typing import cast

        from seqloom.core.errors import DataError
        from seqloom.explain.explaining import PARTS, What
        from seqloom.explain.explaining import explain as explained_by
        from seqloom.explain.insight.lines import lines_of
        from seqloom.explain.insight.neighbours import Neighbours, neighbours_in
        from seqloom.explain.insight.writing import check_out, write_explanation
        from seqloom.explain.learnt.page import check_learnt, write_learnt
        from seqloom.workflow.loading import load

    if (source is None) == (test is None):
        raise DataError('name a text to explain, or `--test` with a file of pairs: `seqloom explain MODEL "a text"`.')
    name = model.resolve().name if task is None else f"{model.resolve().name}, {task}"
    if test is not None:
        page = check_learnt(out)
        loaded = load(model, engine=engine, device=device, trust=trust)
        write_learnt(page, loaded if task is None else loaded.task(task), named(test), name=name, beam=beam)
        return
    if out is not None:
        check_out(out)
    loaded = load(model, engine=engine, device=device, trust=trust)
    loaded = loaded if task is None else loaded.task(task)
    seen_before: Neighbours | None = None if pairs is None else neighbours_in(loaded, named(pairs))
    explained = explained_by(
        loaded,
        {**given_by(with_), "source": source},
        target=target,
        what=cast("tuple[What, ...]", what) or PARTS,  # what is no part is refused there
        position=position,
        number=number,
        instead=instead,
        neighbours=seen_before,
        beam=beam,
        seed=seed,
    )
    if out is not None:
        write_explanation(out, explained, name=name)
    elif as_json:
        print(json.dumps(explained.to_data(), ensure_ascii=False, allow_nan=False))
    else:
        for line in lines_of(explained):
            print(line)

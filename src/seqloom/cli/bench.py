"""`seqloom bench`: which form of a model to take."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Files, Task, Trust, importing, pairs_in, tell

__all__ = ["bench"]


def bench(
    *models: Path,
    on: Files = (),
    forms: Files = (),
    beams: Annotated[tuple[int, ...], Parameter(consume_multiple=True, negative=(), show_default=False)] = (),
    sentences: int = 1000,
    rounds: int = 3,
    out: Annotated[tuple[Path, ...], Parameter(name=("--out", "-o"), negative=(), show_default=False)] = (),
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    task: Task = None,
    trust: Trust = (),
) -> None:
    """Measure every form of a model, quality beside speed and memory, and say which to take.

    Forms are the model's own engine, CTranslate2 and ONNX, with 8-bit weights and shortlists, each greedily and with
    the recipe's beam. What is not exported yet is exported for the while; the model's folder stays as it is. All answer
    the same sentences on the processor, each in a process of its own, one after the other, round by round.

    Parameters
    ----------
    models
        Model folders, or folders that `seqloom export` made.
    on
        A file of pairs, or one of sources and one of targets; by default the recipe's test or validation pairs.
    forms
        Those to measure, of own, own-shortlist, ctranslate2, ctranslate2-int8, ctranslate2-int8-shortlist, onnx,
        onnx-int8; any other `--quantize` of an export may stand in a name, too. By default all of these.
    beams
        Widths of the search; by default 1 and the recipe's.
    sentences
        The first so many pairs; 0: all.
    rounds
        How often everyone has its turn.
    out
        A picture (.png, .svg, .pdf), or the figures (.json). May be given again.
    as_json
        Print the figures instead of the table.
    task
        One of the further tasks that the models were trained for; by default the main one.
    trust
        Packages whose parts the models may run.
    """
    with importing():
        from seqloom.core.errors import DataError, RecipeError
        from seqloom.core.files import write_json
        from seqloom.export.bench.comparison import compare_forms
        from seqloom.export.bench.form import FORMS, Form
        from seqloom.export.bench.picture import check_picture, write_picture
        from seqloom.export.bench.table import lines_of

    if not models:
        raise DataError("name at least one model folder.")
    for name, number, least in (
        ("rounds", rounds, 1),
        ("sentences", sentences, 0),
        *(("beams", each, 1) for each in beams),
    ):
        if number < least:
            raise RecipeError(f"`--{name}` must be at least {least}, but is {number}.")
    for path in out:
        if path.suffix.lower() != ".json":
            check_picture(path)
        if not path.absolute().parent.is_dir():
            raise DataError(f"{path}: there is no folder {path.parent}. Make it, or choose another `-o`.")
    found = compare_forms(
        models,
        pairs_in(on),
        forms=[*map(Form.read, forms)] or FORMS,
        beams=beams,
        sentences=sentences,
        rounds=rounds,
        task=task,
        trust=frozenset(trust),
        tell=tell,
    )
    for path in out:
        if path.suffix.lower() == ".json":
            write_json(path, found.to_data())
        elif lacking := write_picture(found, path):
            tell(f"{path}: no font here has {lacking}, which is drawn as boxes.")
    if as_json:
        print(json.dumps(found.to_data(), ensure_ascii=False))
        return
    for line in lines_of(found):
        print(line)

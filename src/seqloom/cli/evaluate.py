"""`seqloom evaluate`: what a model's answers are worth."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Device, Trust, named_all

__all__ = ["evaluate"]


def evaluate(
    model: Path,
    /,
    *files: str,
    beam: int | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    device: Device = "cpu",
    trust: Trust = (),
) -> None:
    """Answer the sources of a file of pairs, and score the answers beside the references.

    Each score comes with its 95 % interval and the signature that repeats it.

    Parameters
    ----------
    model
        A model folder.
    files
        Files of pairs; further targets of a row are further references.
    beam
        Width of the search; by default the recipe's.
    as_json
        Print an object a file instead.
    device
        Where to compute: cpu, cuda or auto.
    trust
        Packages whose parts the model may run.
    """
    from seqloom.core.errors import DataError
    from seqloom.workflow.model import load

    if not files:
        raise DataError("name at least one file of pairs to evaluate on.")
    loaded = load(model, device=device, trust=trust)
    for file in named_all(files):
        report = loaded.evaluate(file, beam=beam)
        if as_json:
            print(json.dumps({"file": file, **report.to_data()}, ensure_ascii=False), flush=True)
            continue
        if len(files) > 1:
            print(f"{file}:")
        print(report, flush=True)

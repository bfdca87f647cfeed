"""`seqloom score`: how likely given pairs are."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Device, Engine, Trust, importing, named

__all__ = ["score"]


def score(
    model: Path,
    file: str,
    /,
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    engine: Engine = "auto",
    device: Device = "cpu",
    trust: Trust = (),
) -> None:
    """Print the log-probability and the confidence of each pair of a file, a tab between them, a line a pair.

    The confidence is what the model's would be, were the target its answer: see `seqloom predict --help`.

    Parameters
    ----------
    model
        A model folder.
    file
        A file of pairs, or `-`.
    as_json
        Print an object a pair instead, with a log-probability for each token.
    engine
        What answers: own, ctranslate2 or onnx; by default the fastest that can, of those that are there.
    device
        Where to compute: cpu, cuda or auto.
    trust
        Packages whose parts the model may run.
    """
    with importing():
        from seqloom.workflow.loading import load

    loaded = load(model, engine=engine, device=device, trust=trust)
    for scored in loaded.scores(loaded.rows(named(file))):
        if as_json:
            print(json.dumps(scored.to_data(), ensure_ascii=False), flush=True)
        else:
            print(f"{scored.logp:.4f}\t{scored.confidence:.4f}", flush=True)

"""`seqloom datastore`: what a model's states were on given pairs, for answers that remember them."""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Device, Trust, importing, named_all

__all__ = ["datastore"]


def datastore(
    model: Path,
    /,
    *files: str,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    device: Device = "cpu",
    trust: Trust = (),
) -> None:
    """Remember files of pairs: every state of the model on them, and the token that came next there.

    Answers that remember: `seqloom predict MODEL FILE --set answers.neighbours.store=STORE`. The pairs need not be
    those that it learnt from: a model speaks a new domain without another training.

    Parameters
    ----------
    model
        A model folder.
    files
        Files of pairs, read as the model's recipe reads its data.
    out
        The folder to make.
    device
        Where to compute: cpu, cuda or auto.
    trust
        Packages whose parts the model may run.
    """
    with importing():
        from seqloom.core.errors import DataError
        from seqloom.workflow.datastore import build_datastore
        from seqloom.workflow.model import load_model

    if not files:
        raise DataError("name at least one file of pairs to remember.")
    begun = time.perf_counter()
    count = build_datastore(load_model(model, device=device, trust=frozenset(trust)), named_all(files), out)
    print(f"{out}: {count:,} tokens remembered in {time.perf_counter() - begun:.0f} s")

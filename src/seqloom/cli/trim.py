"""`seqloom trim`: a model whose vocabulary is cut to a domain."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Trust, importing, named_all

__all__ = ["trim"]


def trim(
    model: Path,
    /,
    *files: str,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    least: int = 1,
    apart: Annotated[bool, Parameter(negative=())] = False,
    trust: Trust = (),
) -> None:
    """Cut a model's vocabulary to what a domain's text uses: a smaller model with the same answers there.

    Kept is what the files use as the model cuts them, and what it takes to write any other text in smaller pieces.
    Their order of likelihood stays as it was; `seqloom evaluate` says what the loss of the others costs.

    Parameters
    ----------
    model
        A model folder.
    files
        Text of the domain: files of pairs, of which both sides count, or a text a line.
    out
        The folder to make.
    least
        Keep what they use so often; the rest is written in smaller pieces.
    apart
        Make two vocabularies of one for both sides, so that the output layer has the answers' tokens alone.
    trust
        Packages whose parts the model may run.
    """
    with importing():
        from seqloom.workflow.trimming import trim as cut

    print(cut(model, named_all(files), out, least=least, apart=apart, trust=trust))

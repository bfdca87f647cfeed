"""`seqloom export`: a model as the files of another engine."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from seqloom.cli.options import Task, Trust, importing
from seqloom.core.errors import RecipeError

__all__ = ["export"]


def export(
    model: Path,
    /,
    *,
    to: Literal["ctranslate2", "onnx", "argos"],
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    quantize: str | None = None,
    shortlist: Annotated[bool, Parameter(negative=())] = False,
    from_code: str | None = None,
    to_code: str | None = None,
    task: Task = None,
    trust: Trust = (),
) -> None:
    """Write a folder that `predict` and `evaluate` take as they take a model, and answer with another engine.

    CTranslate2 takes Transformers and needs no torch to answer. ONNX takes every model of text; our own search runs
    over its graphs, with all that a search can do. Argos Translate, and so LibreTranslate, installs the `.argosmodel`.

    Parameters
    ----------
    model
        A model folder.
    to
        The engine.
    out
        Where to; by default into the model's own folder `exports`, where `predict` and `evaluate` find it.
    quantize
        Smaller numbers for the weights: for CTranslate2 int8, int16, float16, bfloat16 …; for ONNX int8.
    shortlist
        Answer with likely translations of the source's tokens and frequent tokens alone: CTranslate2 only.
    from_code
        The language of the sources, for Argos Translate: en, de, zh …
    to_code
        The language of the answers.
    task
        One of the further tasks that the model was trained for; by default the main one.
    trust
        Packages whose parts the model may run.
    """
    with importing():
        from seqloom.export.folder import export_argos, export_folder

    trusted = frozenset(trust)
    if to == "argos":
        if from_code is None or to_code is None:
            raise RecipeError("`--to argos` needs both languages: `--from-code de --to-code en`.")
        if shortlist:
            raise RecipeError("`--shortlist` must be left out with `--to argos`, which would not read it.")
        place = out or Path(f"{model.resolve().name}.argosmodel")
        print(
            export_argos(
                model, place, from_code=from_code, to_code=to_code, quantize=quantize, task=task, trust=trusted
            )
        )
        return
    if from_code is not None or to_code is not None:
        raise RecipeError("`--from-code` and `--to-code` must be left out but for `--to argos`.")
    print(export_folder(model, out, to=to, quantize=quantize, shortlist=shortlist, task=task, trust=trusted))

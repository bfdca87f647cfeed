"""A folder, or a package of Argos Translate, that answers without the model that it is made of."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from seqloom.core.engines import EngineKind
from seqloom.core.errors import RecipeError, SeqloomError
from seqloom.core.wording import one_of, show
from seqloom.data.tokenizers import TextTokenizer
from seqloom.export.ctranslate2 import Quantization, distinct, write_ctranslate2
from seqloom.export.onnx import write_onnx
from seqloom.workflow.asking import ShortlistSettings
from seqloom.workflow.exported import begin_exported
from seqloom.workflow.folder import WEIGHTS
from seqloom.workflow.lexicons import Shortlisting
from seqloom.workflow.loading import EXPORTS
from seqloom.workflow.manifest import read_manifest, sha256
from seqloom.workflow.model import Model, load_model

__all__ = ["OnnxQuantization", "export_argos", "export_folder"]

OnnxQuantization = Literal["int8"]


def export_folder(
    folder: Path,
    out: Path | None = None,
    *,
    to: EngineKind,
    quantize: str | None = None,
    shortlist: bool = False,
    task: str | None = None,
    trust: frozenset[str] | None = frozenset(),
) -> Path:
    """Export the model in a folder, and say where to. What is there appears complete, in the place of an older one."""
    model = _opened(folder, task, trust)
    name = "-".join(part for part in (to, quantize, "shortlist" if shortlist else None, task) if part)
    out = out or folder / EXPORTS / name
    with _complete(out) as made:
        _write(model, made, to=to, quantize=quantize, shortlist=shortlist)
        listed = (model.recipe.answers.shortlist or ShortlistSettings()) if shortlist else None
        begin_exported(
            made,
            model.recipe,
            replace(model.recipe.answers, shortlist=listed, ensemble=None, language_model=None, neighbours=None),
            model.numbering,
            engine=to,
            metrics=model.metrics,
            longest_source=model.longest_source,
            made_of={"id": read_manifest(folder)["id"], "weights": sha256(folder / WEIGHTS)},
            quantize=quantize or "none",
        )
    return out


def _write(model: Model, into: Path, *, to: EngineKind, quantize: str | None, shortlist: bool) -> None:
    if to == "onnx":
        if shortlist:
            raise RecipeError("`--shortlist` must be left out with `--to onnx`, whose graphs say every token.")
        if quantize not in (None, *get_args(OnnxQuantization)):
            raise RecipeError(f"`--quantize` must be {one_of(get_args(OnnxQuantization))}, but is {show(quantize)}.")
        write_onnx(model.network, into, quantize="none" if quantize is None else "int8")
        return
    if quantize not in (None, *get_args(Quantization)):
        raise RecipeError(f"`--quantize` must be {one_of(get_args(Quantization))}, but is {show(quantize)}.")
    numbering = model.numbering
    tokens = [_tokens(side) for side in (numbering.sources, numbering.targets)]
    write_ctranslate2(
        model.network,
        into,
        settings=model.recipe.model,
        source_tokens=tokens[0],
        target_tokens=tokens[1],
        quantize=quantize,  # type: ignore[arg-type]
        shortlist=_listed(model, *tokens) if shortlist else None,
    )


def export_argos(
    folder: Path,
    out: Path,
    *,
    from_code: str,
    to_code: str,
    quantize: str | None = None,
    task: str | None = None,
    trust: frozenset[str] | None = frozenset(),
) -> Path:
    """Export it as an `.argosmodel`."""
    from seqloom.export.argos import write_argos

    model = _opened(folder, task, trust)
    with tempfile.TemporaryDirectory() as beside:
        files, sides = Path(beside) / "model", (Path(beside) / "source", Path(beside) / "target")
        _write(model, files, to="ctranslate2", quantize=quantize, shortlist=False)
        model.numbering.sources.save(sides[0])
        model.numbering.targets.save(sides[1])
        write_argos(files, out, source=sides[0], target=sides[1], from_code=from_code, to_code=to_code)
    return out


def _opened(folder: Path, task: str | None, trust: frozenset[str] | None) -> Model:
    if "engine" in read_manifest(folder):
        raise RecipeError(f"{folder}: was exported already. Export the model that it was made of.")
    model = load_model(folder, trust=trust)
    return model if task is None else model.task(task)


def _tokens(tokenizer: TextTokenizer) -> list[str]:
    return tokenizer.show(range(tokenizer.specials.size))


def _listed(model: Model, source_tokens: Sequence[str], target_tokens: Sequence[str]) -> dict[str, list[str]]:
    """The model's shortlist as words, for an engine that knows no ids: a line a source token, "" for all of them."""
    numbering = model.numbering
    chosen = model.recipe.answers.shortlist or ShortlistSettings()
    shortlisting = Shortlisting.of(model.lexicon, chosen, numbering, asked="--shortlist")
    sources, targets = distinct(source_tokens), distinct(target_tokens)
    ids = {"": [numbering.target_vocabulary.eos, *shortlisting.for_all]}
    ids |= {source: shortlisting.because_of(token) for token, source in enumerate(sources)}
    # A line of the file has spaces between its tokens.
    words = {source: [targets[id] for id in some if not _spaced(targets[id])] for source, some in ids.items()}
    return {source: some for source, some in words.items() if some and not _spaced(source)}


def _spaced(word: str) -> bool:
    return any(char.isspace() for char in word)


@contextmanager
def _complete(out: Path) -> Iterator[Path]:
    """A folder to write into, which takes its name when it is whole."""
    if out.exists() and not (out / "manifest.json").is_file():
        raise SeqloomError(f"{out}: is there already, and was not exported. Choose another `-o`.")
    if out.exists() and "engine" not in read_manifest(out):
        raise SeqloomError(f"{out}: is a model. Choose another `-o`.")
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    try:
        yield beside
        beside.chmod(0o755)
        shutil.rmtree(out, ignore_errors=True)
        beside.replace(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)

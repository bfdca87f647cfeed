"""What was exported of a model: it answers and is measured like the model, by an engine that is not ours.

manifest.json         format, checksums, the engine, and of which model it was made
recipe.toml           the model's recipe as far as it is used
tokenizer/ …          as in a model folder
metrics.json          what was measured of the model, and its calibration
model.bin …           the engine's own files, so that the folder is also what the engine's other users take
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from seqloom.core import settings
from seqloom.core.engines import EngineKind
from seqloom.core.errors import DecodingError, ModelFolderError, RecipeError
from seqloom.core.files import write_json, write_text
from seqloom.data.numbering import Numbering
from seqloom.decoding.request import Engine
from seqloom.workflow.asking import AnswerSettings, Asking
from seqloom.workflow.manifest import begin_manifest, open_manifest, put_metrics, read_metrics, there
from seqloom.workflow.numberings import KNOWN, name_tokenizers, numbering_of, open_tokenizers
from seqloom.workflow.speaker import Speaker
from seqloom.workflow.use import Use, UseRecipe

if TYPE_CHECKING:
    from seqloom.engines.ctranslate2 import CTranslate2Engine

__all__ = ["Exported", "begin_exported", "open_exported"]


class Exported(Speaker):
    """A folder that ``begin_exported`` finished, opened."""

    def __init__(self, folder: Path, recipe: UseRecipe, manifest: Mapping[str, Any]) -> None:
        self.folder = folder
        self.recipe = recipe
        self._id: str = manifest["id"]
        self.kind: EngineKind = manifest["engine"]
        self.made_of: Mapping[str, str] = manifest["made_of"]
        """The model's identity, and the checksum of its weights."""
        self.longest_source = manifest["longest_source"]
        self.metrics = read_metrics(folder)
        tokenizers = open_tokenizers(folder, recipe.data)
        self.numbering = numbering_of(recipe.data, tokenizers, task=recipe.task, copies=manifest["copies"])
        self._engines: dict[bool, CTranslate2Engine] = {}

    def task(self, name: str) -> NoReturn:
        raise DecodingError(
            f"`task` must be left out: this folder has one task. `seqloom export MODEL --task {name}` exports another."
        )

    @property
    def engines(self) -> str:
        return f"{self.kind} {self._id}"

    @property
    def takes(self) -> tuple[str, ...]:
        return () if self.kind == "ctranslate2" else super().takes

    def refuses(self, answers: AnswerSettings) -> str | None:
        """Why answers like these are not to be had of it; None if they are."""
        for name in ("ensemble", "language_model", "neighbours"):
            if getattr(answers, name) is not None:
                return f"`answers.{name}` must be left out with an exported model. Ask the model that it was made of."
        if answers.precision != "fp32":
            return (
                "`answers.precision` must be left out with an exported model, which `seqloom export --quantize` rounds."
            )
        if answers.shortlist is not None and self.recipe.answers.shortlist is None:
            return (
                "`answers.shortlist` must be left out, for none was exported. `seqloom export --shortlist` does that."
            )
        return None

    def engine(self, asking: Asking) -> Engine:
        self.company(asking.answers)
        if self.kind == "onnx":
            return self._search(beams=asking.rows(self.numbering.target_vocabulary.size))
        return self._ctranslate2(shortlist=asking.answers.shortlist is not None).beside()

    def company(self, answers: AnswerSettings) -> Hashable:
        if line := self.refuses(answers):
            raise RecipeError(line)
        return answers.shortlist is not None

    def scorer(self) -> Engine:
        return self._search() if self.kind == "onnx" else self._ctranslate2(shortlist=False)

    def _ctranslate2(self, *, shortlist: bool) -> CTranslate2Engine:
        from seqloom.engines.ctranslate2 import CTranslate2Engine

        if shortlist not in self._engines:
            self._engines[shortlist] = CTranslate2Engine(self.folder, shortlist=shortlist)
        return self._engines[shortlist]

    def _search(self, *, beams: int = 1) -> Engine:
        from seqloom.workflow.searching import search_graphs

        return search_graphs(self.folder, beams=beams)


def begin_exported(
    folder: Path,
    recipe: Use,
    answers: AnswerSettings,
    numbering: Numbering,
    *,
    engine: EngineKind,
    metrics: Mapping[str, Any],
    longest_source: int,
    made_of: Mapping[str, str],
    **more: Any,
) -> None:
    """Everything but the engine's files, which are there already. ``answers`` stand in for the recipe's."""
    data = replace(recipe.data, train=(), valid=(), test=(), tasks={})
    evaluation = replace(recipe.evaluation, tasks={})
    kept = UseRecipe(about=recipe.about, task=recipe.task, data=data, evaluation=evaluation, answers=answers)
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    write_text(folder / "recipe.toml", settings.to_toml(kept))
    if numbering.known:
        write_json(folder / KNOWN, numbering.known)
        files.append(folder / KNOWN)
    for name, tokenizer in name_tokenizers(numbering):
        tokenizer.save(folder / name)
        files += sorted((folder / name).iterdir())
    put_metrics(folder, metrics)
    begin_manifest(
        folder,
        files,
        libraries=(engine if engine != "onnx" else "onnxruntime", "numpy", "sentencepiece"),
        engine=engine,
        copies=numbering.own_words is not None,
        longest_source=longest_source,
        made_of=dict(made_of),
        **more,
    )


def open_exported(folder: Path, *, trust: frozenset[str] | None = frozenset()) -> Exported:
    """One that is incomplete, damaged or newer is refused in one line."""
    manifest = open_manifest(folder)
    if manifest.get("engine") not in get_args(EngineKind) or not {"made_of", "copies"} <= manifest.keys():
        raise ModelFolderError(f"{folder}: is not what `seqloom export` makes. Export the model anew.")
    exported = Exported(folder, settings.load(UseRecipe, there(folder, "recipe.toml"), trust=trust), manifest)
    _ = exported.calibration  # one that is damaged is refused now, not at the first answer
    return exported

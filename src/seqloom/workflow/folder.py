"""The model folder: all that a model is, in files that can be read without running any of them.

recipe.toml           the recipe with every default filled in
weights.safetensors   the weights, replaced in one go whenever better ones are found
tokenizer/            of both sides; or source/ and target/
task.json             what the task must know of the training pairs, if anything
tasks/…/target/       the tokenizers of further tasks' targets
factors/…             each factor's values; and further/…, the tokenizers of further sources that have their own
lexicon.safetensors   what each source token is likely to be said by, for shortlists
metrics.json          what was measured
card.md               the same for people
report.html           how the training went and where the model fails, to be looked at
manifest.json         format, identity, checksums, where the data came from, versions
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqloom.core import settings
from seqloom.core.errors import ModelFolderError
from seqloom.core.files import write_json, write_text
from seqloom.data.numbering import Numbering
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.weights import load_weights, save_weights
from seqloom.workflow.manifest import AGAIN, begin_manifest, open_manifest, read_manifest, read_metrics, there
from seqloom.workflow.numberings import KNOWN, Tokenizers, name_tokenizers, numbering_of, open_tokenizers
from seqloom.workflow.recipe import Recipe

__all__ = [
    "LEXICON",
    "Opened",
    "begin_folder",
    "build_model",
    "build_numbering",
    "open_folder",
    "open_numbering",
    "put_weights",
]

WEIGHTS, LEXICON = "weights.safetensors", "lexicon.safetensors"
_LIBRARIES = ("torch", "numpy", "safetensors", "sentencepiece")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A model folder, read."""

    path: Path
    recipe: Recipe
    numbering: Numbering
    model: EncoderDecoder
    metrics: Mapping[str, Any]
    manifest: Mapping[str, Any]


def begin_folder(
    folder: Path,
    recipe: Recipe,
    numbering: Numbering,
    *,
    longest_source: int,
    seen: Mapping[str, Any],
    trained: Mapping[str, Any],
) -> None:
    """Everything but the weights and what will be measured. The manifest is last: without it there is no model."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "recipe.toml", settings.to_toml(recipe))
    for name, tokenizer in name_tokenizers(numbering):
        tokenizer.save(folder / name)
    checked = []
    if numbering.known:
        write_json(folder / KNOWN, numbering.known)
        checked.append(folder / KNOWN)
    checked += [path for name, _ in name_tokenizers(numbering) for path in sorted((folder / name).iterdir())]
    begin_manifest(
        folder,
        checked,
        libraries=_LIBRARIES,
        seed=recipe.training.seed,
        longest_source=longest_source,
        data=dict(seen),
        **trained,
    )


def put_weights(folder: Path, model: EncoderDecoder) -> None:
    """The weights of now, in place of any before."""
    save_weights(model, folder / WEIGHTS, mark=read_manifest(folder)["id"])


def open_folder(folder: Path, *, trust: frozenset[str] | None = frozenset()) -> Opened:
    """Read a model folder; one that is incomplete, damaged, newer or unsafe is refused in one line."""
    manifest = open_manifest(folder)
    recipe = settings.load(Recipe, there(folder, "recipe.toml"), trust=trust)
    if not (folder / WEIGHTS).is_file():
        unfinished = (folder / "checkpoints").is_dir()
        raise ModelFolderError(
            f"{folder}: `{WEIGHTS}` is missing. "
            + ("The run has not come to its first validation: go on with `--resume`." if unfinished else AGAIN)
        )
    numbering = open_numbering(folder, recipe)
    model = build_model(recipe, numbering)
    load_weights(model, folder / WEIGHTS, mark=manifest["id"])
    return Opened(
        path=folder,
        recipe=recipe,
        numbering=numbering,
        model=model.eval(),
        metrics=read_metrics(folder),
        manifest=manifest,
    )


def open_numbering(folder: Path, recipe: Recipe) -> Numbering:
    return build_numbering(recipe, open_tokenizers(folder, recipe.data))


def build_numbering(recipe: Recipe, tokenizers: Tokenizers) -> Numbering:
    source, target, others, theirs, _ = tokenizers
    sides = {"source": source, "target": target}
    # A task reads what the main one reads.
    read = {**others, **{name: others.get(name, sides[each.like]) for name, each in recipe.data.sources.items()}}
    return numbering_of(
        recipe.data,
        tokenizers,
        task=recipe.task,
        copies=getattr(recipe.model.head, "copies", False),  # a head of the recipe's author need not say
        tasks={
            name: build_numbering(recipe.of_task(name), Tokenizers(source, theirs[name], read))
            for name in recipe.data.tasks
        },
    )


def build_model(recipe: Recipe, numbering: Numbering) -> EncoderDecoder:
    """The model with fresh weights."""
    return recipe.model.build(
        source=numbering.source_vocabulary,
        target=numbering.target_vocabulary,
        parts=numbering.part_vocabularies,
        tasks={name: each.target_vocabulary for name, each in numbering.tasks.items()},
    )

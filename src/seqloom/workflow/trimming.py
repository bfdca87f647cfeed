"""A model whose vocabulary is cut to what a domain says: the same answers, from a smaller table and output layer."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from seqloom.core.errors import DataError, ModelFolderError, RecipeError
from seqloom.core.wording import must_be
from seqloom.data.batches import make_batch
from seqloom.data.cleaning import Cleaner
from seqloom.data.ledger import Ledger
from seqloom.data.lexicon import Lexicon
from seqloom.data.numbering import Numbering
from seqloom.data.opening import flows
from seqloom.data.readers import Columns, read_rows
from seqloom.data.rows import Row
from seqloom.data.tokenizers.cutting import Cut, cut_vocabulary
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.workflow.card import write_card
from seqloom.workflow.folder import LEXICON, begin_folder, build_model, build_numbering, put_weights
from seqloom.workflow.manifest import put_metrics, read_manifest
from seqloom.workflow.model import Model, load_model
from seqloom.workflow.numberings import Tokenizers
from seqloom.workflow.recipe import Recipe

__all__ = ["Trimmed", "trim"]

_COMPARED = 16
"""Pairs of the domain on which the two models must agree."""
_AGREE = 1e-3
"""Of log-probabilities, in 32 bits."""


@dataclass(frozen=True, kw_only=True)
class Trimmed:
    """What was left."""

    folder: Path
    model: Model
    before: tuple[int, int]
    """Tokens of the source and of the target."""
    after: tuple[int, int]

    def __str__(self) -> str:
        sides = [f"{now:,} of {was:,}" for was, now in zip(self.before, self.after, strict=True)]
        joint = self.model.recipe.data.joint
        kept = f"{sides[0]} tokens are" if joint else f"{sides[0]} source and {sides[1]} target tokens are"
        parameters = sum(parameter.numel() for parameter in self.model.network.parameters())
        return f"{self.folder}: {kept} left, and {parameters:,} parameters"


def trim(
    model: str | Path,
    files: Sequence[str | Path],
    out: str | Path,
    *,
    least: int = 1,
    apart: bool = False,
    trust: Sequence[str] = (),
) -> Trimmed:
    """Keep of a model's vocabulary what these files use, as the model cuts them; all else of the model stays.

    The files are pairs, of which both sides count, or texts. Given a source of theirs, each token that is left is as
    likely as it was before, given that it is one of those. ``least``: what they use less often is lost too. ``apart``
    makes two vocabularies of a joint one, so that no token is offered to an answer that only sources have. The folder
    appears when it is complete.
    """
    path, place = Path(model), Path(out)
    _check_asked(files, place, least=least)
    whole = load_model(path, trust=frozenset(trust))
    _check_model(whole)
    cuts = _cuts(whole, files, least=least, apart=apart)
    recipe = _apart(whole.recipe) if apart else whole.recipe
    numbering = build_numbering(
        recipe, Tokenizers(cuts[0].tokenizer, cuts[1].tokenizer, dict(whole.numbering.beside.factors))
    )
    network = _network(whole, recipe, numbering, cuts)
    _check(whole, recipe, numbering, network, cuts, files)
    lexicon = None if whole.lexicon is None else _lexicon(whole.lexicon, cuts)
    made = Model(
        recipe,
        numbering,
        network,
        longest_source=whole.longest_source,
        metrics=whole.metrics,
        lexicon=lexicon,
        trust=frozenset(trust),
    )
    trimmed = Trimmed(
        folder=place,
        model=made,
        before=(whole.numbering.source_vocabulary.size, whole.numbering.target_vocabulary.size),
        after=(numbering.source_vocabulary.size, numbering.target_vocabulary.size),
    )
    _save(trimmed, path, files)
    return trimmed


def _check_asked(files: Sequence[str | Path], place: Path, *, least: int) -> None:
    if not files:
        raise DataError("name at least one file of the domain, with all that its vocabulary is needed for.")
    if flowing := [str(file) for file in files if flows(str(file))]:
        raise DataError(f"{flowing[0]}: must be a file that can be read again, for it is read twice. Write it to one.")
    if least < 1:
        raise RecipeError(must_be("least", "a whole number from 1 on", least))
    if place.exists():
        raise ModelFolderError(f"{place}: is there already. Choose another `-o`, or delete it.")


def _check_model(whole: Model) -> None:
    data = whole.recipe.data
    if data.tasks or data.sources:
        key = "tasks" if data.tasks else "sources"
        raise RecipeError(f"`data.{key}` must be empty where a vocabulary is cut: only one text in and one out can be.")
    if whole.numbering.channels:
        raise RecipeError("a model must read and write text to have its vocabulary cut, but this one has series.")


# ---- the vocabularies ------------------------------------------------------------------------------------------------


def _rows(model: Model, file: str | Path) -> Iterator[Row]:
    """Clean as the model reads them, with at most one target."""
    data = model.recipe.data
    columns = Columns(
        source=data.source_columns, target=data.target_columns, extras=data.annotations.columns(aligned=False)
    )
    read = read_rows(str(file), encoding=data.encoding, columns=columns, sources_only=True)
    cleaner = Cleaner(data.cleaning, Ledger(), data.annotations)
    for row in Ledger(on_bad_line=data.on_bad_line).rows(data.annotations.rows(read)):
        said = (row.source,) if data.rows == "texts" else tuple(text for text in row.targets[:1] if text.strip())
        cleaned = cleaner.row(replace(row, targets=said))
        if isinstance(cleaned, Row) and cleaned.source.strip():
            yield cleaned


def _cuts(model: Model, files: Sequence[str | Path], *, least: int, apart: bool) -> tuple[Cut, Cut]:
    """Of the source and of the target, which may be one."""
    source, target = model.numbering.sources, model.numbering.targets
    counts: tuple[Counter[int], Counter[int]] = Counter(), Counter()
    for row in chain.from_iterable(_rows(model, file) for file in files):
        counts[0].update(source.encode(row.source))
        for said in row.targets:
            counts[1].update(target.encode(said))
    if not counts[0]:
        raise DataError(f"{files[0]}: there is no text in it. Name files with text of the domain.")
    if source is target and not apart:
        both = cut_vocabulary(source, _used(counts[0] + counts[1], least))
        return both, both
    if not counts[1]:
        raise DataError(
            f"{files[0]}: has sources alone, but the target has a vocabulary of its own. Name files of pairs."
        )
    return cut_vocabulary(source, _used(counts[0], least)), cut_vocabulary(target, _used(counts[1], least))


def _used(counts: Counter[int], least: int) -> set[int]:
    return {number for number, count in counts.items() if count >= least}


def _apart(recipe: Recipe) -> Recipe:
    """The recipe with a vocabulary a side; the target's embedding and the output layer stay one."""
    tie: Literal["none", "output"] = "none" if recipe.model.tie == "none" else "output"
    return replace(recipe, data=replace(recipe.data, joint=False), model=replace(recipe.model, tie=tie))


# ---- the weights -----------------------------------------------------------------------------------------------------


def _network(whole: Model, recipe: Recipe, numbering: Numbering, cuts: tuple[Cut, Cut]) -> EncoderDecoder:
    """The same weights, without the rows of the tokens that are lost. Where they lie, the smaller shapes tell."""
    network = build_model(recipe, numbering)
    sides = {True: (whole.numbering.source_vocabulary.size, cuts[0]), False: (whole.network.vocabulary.size, cuts[1])}
    before: Mapping[str, Tensor] = whole.network.state_dict()
    weights = {}
    for name, weight in network.state_dict().items():
        kept = before[name]
        if kept.shape != weight.shape:
            size, cut = sides[name.startswith("source.")]
            kept = kept[torch.tensor(cut.ids)] if len(kept) == size else kept
        if kept.shape != weight.shape:
            raise _impossible(recipe)
        weights[name] = kept
    network.load_state_dict(weights)
    return network.eval()


@torch.inference_mode()
def _check(
    whole: Model,
    recipe: Recipe,
    numbering: Numbering,
    network: EncoderDecoder,
    cuts: tuple[Cut, Cut],
    files: Sequence[str | Path],
) -> None:
    """Whether the model says of its domain what it said before, which not every head can."""
    ids, joint = torch.tensor(cuts[1].ids), cuts[0] is cuts[1]
    models = (whole, Model(recipe, numbering, network))
    every = chain.from_iterable(_rows(whole, file) for file in files)
    given = (row if row.targets or not joint else replace(row, targets=(row.source,)) for row in every)
    for row in islice((row for row in given if row.targets and _same(whole.numbering, cuts, row)), _COMPARED):
        logps_PV = []
        for model in models:
            run = model.network(make_batch([model.pair(row)[0]], vocabulary=model.network.vocabulary))
            logps_PV.append(run.head(run.output.pick(run.batch.keep_BT), run.memory))
        before_PX, after_PX = logps_PV[0][:, ids], logps_PV[1][:, : len(ids)]
        renormalised_PX = before_PX - before_PX.logsumexp(-1, keepdim=True)
        possible = renormalised_PX.isfinite()
        if not torch.allclose(renormalised_PX[possible], after_PX[possible], atol=_AGREE, rtol=0):
            raise _impossible(recipe)


def _same(before: Numbering, cuts: tuple[Cut, Cut], row: Row) -> bool:
    """Whether a pair is made of the same tokens as before, and not of smaller ones."""
    return all(
        [cut.ids[number] for number in cut.tokenizer.encode(each)] == side.encode(each)
        for cut, side, each in zip(cuts, (before.sources, before.targets), (row.source, row.targets[0]), strict=True)
    )


def _impossible(recipe: Recipe) -> RecipeError:
    return RecipeError(
        f'`model.head.kind` must be one whose tokens are told apart by a row each, such as "generator", to be cut, '
        f'but is "{recipe.model.head.kind}". Train a model with a smaller vocabulary.'
    )


def _lexicon(whole: Lexicon, cuts: tuple[Cut, Cut]) -> Lexicon:
    """By the new numbers, without the translations that are lost."""
    new_V = np.full(len(whole.frequent_V) + 1, -1, np.int32)  # the last is what -1 stands for
    new_V[list(cuts[1].ids)] = np.arange(len(cuts[1].ids))
    found_SX = new_V[whole.translations_SX[list(cuts[0].ids)]]
    order_SX = np.argsort(found_SX < 0, axis=1, kind="stable")
    frequent_V = new_V[whole.frequent_V]
    return Lexicon(
        translations_SX=np.take_along_axis(found_SX, order_SX, axis=1), frequent_V=frequent_V[frequent_V >= 0]
    )


# ---- the folder ------------------------------------------------------------------------------------------------------


def _save(trimmed: Trimmed, model: Path, files: Sequence[str | Path]) -> None:
    made, beside = trimmed.model, trimmed.folder.with_name(f"{trimmed.folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    of = {"folder": str(model), "id": read_manifest(model)["id"], "domain": [str(file) for file in files]}
    told = f"cut from {of['folder']} ({of['id']}) to {', '.join(of['domain'])}: {str(trimmed).partition(': ')[2]}"
    begin_folder(
        beside,
        made.recipe,
        made.numbering,
        longest_source=made.longest_source,
        seen={"lines": [told]},
        trained={"trimmed": {**of, "before": trimmed.before, "after": trimmed.after}},
    )
    put_weights(beside, made.network)
    # What was measured is the whole model's; its confidences are as good a guess as any.
    metrics: dict[str, Any] = {
        key: made.metrics[key] for key in ("steps", "seconds", "calibration") if key in made.metrics
    }
    put_metrics(beside, metrics)
    if made.lexicon is not None:
        made.lexicon.save(beside / LEXICON)
    beside.rename(trimmed.folder)
    if {"steps", "seconds"} <= metrics.keys():
        write_card(trimmed.folder, made.recipe, made.network, {}, metrics, {"lines": [told]})

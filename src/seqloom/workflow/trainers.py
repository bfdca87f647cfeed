"""What a recipe and its numbered data make: a model with fresh weights, its batches, and what it learns by."""

from __future__ import annotations

import torch

from seqloom.core.errors import RecipeError
from seqloom.data.batches import BatchStream as CorpusStream
from seqloom.data.numbering import Numbering
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.training.objectives import Targets
from seqloom.training.streams import BatchStream, Prefetched, pinned
from seqloom.training.tasks import TaskStreams
from seqloom.training.trainer import Trainer
from seqloom.workflow.folder import build_model
from seqloom.workflow.preparing import Prepared
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.targets import counted, targets_of

__all__ = ["trainer_for"]


def trainer_for(recipe: Recipe, data: Prepared, numbering: Numbering, device: torch.device) -> Trainer:
    """A model with fresh weights, and all that it learns by."""
    stream = _streams(recipe, data, numbering)
    model = build_model(recipe, numbering)
    _check_lengths(model, data)
    return Trainer(
        model,
        recipe.training,
        targets=_targets(data, numbering),
        tasks={name: _targets(data.tasks[name], each) for name, each in numbering.tasks.items()},
        # A processor has no time to spare that batches could be made in.
        stream=Prefetched(stream, prepare=pinned) if device.type == "cuda" else stream,
        device=device,
    )


def _check_lengths(model: EncoderDecoder, data: Prepared) -> None:
    """What a decoder cannot say it would learn to say wrongly."""
    longest = model.decoder.longest
    most = max(int(corpus.target_lengths.max()) for corpus in data.corpora)
    if longest is not None and most >= longest:
        raise RecipeError(
            f"`model.decoder` says at most {longest - 1} token{'s' * (longest > 2)} an answer, but a target has "
            f'{most}. Take one that says more, such as kind "recurrent".'
        )


def _targets(data: Prepared, numbering: Numbering) -> Targets:
    return targets_of(numbering, lambda: counted(data.corpora, numbering))


def _streams(recipe: Recipe, data: Prepared, numbering: Numbering) -> BatchStream:
    """The batches of all tasks."""
    main = _stream(recipe, data, numbering)
    if not data.tasks:
        return main
    tasks = {name: _stream(recipe.of_task(name), each, numbering.tasks[name]) for name, each in data.tasks.items()}
    return TaskStreams(main, tasks, {name: each.share for name, each in recipe.data.tasks.items()})


def _stream(recipe: Recipe, data: Prepared, numbering: Numbering) -> CorpusStream:
    return CorpusStream(
        data.corpora,
        recipe.data.batches,
        vocabulary=numbering.target_vocabulary,
        seed=recipe.training.seed,
        mixture=recipe.data.mixture,
        again=(lambda pairs, seed: numbering.again(pairs, seed=seed)) if numbering.samples else None,
    )

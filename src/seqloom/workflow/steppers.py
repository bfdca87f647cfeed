"""What a model takes its steps with: itself, and whoever else has a say in them."""

from __future__ import annotations

from pathlib import Path

import torch

from seqloom.core.errors import DecodingError, RecipeError
from seqloom.data.lexicon import Lexicon
from seqloom.data.numbering import Numbering
from seqloom.data.tokenizers import TextTokenizer
from seqloom.decoding.fusion import Fusion, SameSource
from seqloom.decoding.mix import LogLinear, Mean, check_same_tokens
from seqloom.decoding.stepper import Stepper
from seqloom.engines.native.stepper import NativeStepper, knows_shorts, takes
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.heads.neighbours import NeighboursHead
from seqloom.models.shortlist import Shortlist
from seqloom.models.stepper import ModelStepper
from seqloom.workflow.asking import AnswerSettings, EnsembleSettings, LanguageModelSettings, NeighboursSettings
from seqloom.workflow.datastore import open_datastore
from seqloom.workflow.folder import open_folder
from seqloom.workflow.lexicons import Shortlisting

__all__ = ["stepper_of"]

_COMPANY = ("ensemble", "language_model", "neighbours")


def stepper_of(
    network: EncoderDecoder,
    numbering: Numbering,
    answers: AnswerSettings,
    *,
    device: torch.device,
    lexicon: Lexicon | None = None,
    task: str | None = None,
    trust: frozenset[str] | None = frozenset(),
) -> Stepper:
    """The model alone, by a shortlist or with its neighbours; in an ensemble; with a language model beside it.

    ``task``: for which of the further tasks the others of an ensemble are asked too.
    """
    rounded = answers.precision == "int16"
    if rounded:
        _check_rounded(network, answers)
    if answers.shortlist is not None:
        return _alone(network, shortlist=_shortlist(answers, lexicon, numbering), rounded=rounded)
    if rounded:
        return _alone(network, rounded=True)
    stepper = _with_neighbours(network, answers.neighbours)
    if answers.ensemble is not None:
        stepper = _together(stepper, numbering, answers.ensemble, device=device, task=task, trust=trust)
    if answers.language_model is not None:
        stepper = _fused(stepper, numbering, answers.language_model, device=device, trust=trust)
    return stepper


def _alone(network: EncoderDecoder, *, shortlist: Shortlist | None = None, rounded: bool = False) -> Stepper:
    """By the kernels if they know all of it."""
    if takes(network):
        return NativeStepper(network, shortlist=shortlist, rounded=rounded)
    return ModelStepper(network, shortlist=shortlist)


def _check_rounded(network: EncoderDecoder, answers: AnswerSettings) -> None:
    asked = '`answers.precision` must be "fp32"'
    for name in _COMPANY:
        if getattr(answers, name) is not None:
            raise RecipeError(f'{asked} with `answers.{name}`, but is "int16". Leave one of them out.')
    if not takes(network) or not knows_shorts():
        needs = "a C compiler, a processor with AVX2, and a decoder and head that the kernels know"
        raise RecipeError(f'{asked} here, but is "int16", which needs {needs}. Leave it out.')


def _shortlist(answers: AnswerSettings, lexicon: Lexicon | None, numbering: Numbering) -> Shortlist:
    for name in _COMPANY:
        if getattr(answers, name) is not None:
            raise RecipeError(f"`answers.shortlist` must be left out with `answers.{name}`, which may say any token.")
    assert answers.shortlist is not None
    return Shortlisting.of(lexicon, answers.shortlist, numbering, asked="answers.shortlist")


def _with_neighbours(network: EncoderDecoder, neighbours: NeighboursSettings | None) -> Stepper:
    if neighbours is None:
        return _alone(network)
    store = open_datastore(Path(neighbours.store), network)
    head = NeighboursHead(
        network.head, store, k=neighbours.k, weight=neighbours.weight, temperature=neighbours.temperature
    )
    return ModelStepper(network, head=head)


def _together(
    first: Stepper,
    numbering: Numbering,
    ensemble: EnsembleSettings,
    *,
    device: torch.device,
    task: str | None,
    trust: frozenset[str] | None,
) -> Stepper:
    members = [first]
    for folder in ensemble.models:
        opened = open_folder(Path(folder), trust=trust)
        theirs = opened.numbering
        if task is not None:
            opened.recipe.of_task(task)  # which says so if they have none of that name
            theirs = theirs.tasks[task]
        _agree(folder, "source", theirs.sources, numbering.sources)
        _agree(folder, "target", theirs.targets, numbering.targets)
        members.append(ModelStepper(opened.model.to(device).task(task)))
    if ensemble.how == "mean":
        return Mean(members, ensemble.weights or None)
    return LogLinear(members, ensemble.weights or [1 / len(members)] * len(members))


def _fused(
    stepper: Stepper,
    numbering: Numbering,
    language: LanguageModelSettings,
    *,
    device: torch.device,
    trust: frozenset[str] | None,
) -> Stepper:
    opened = open_folder(Path(language.model), trust=trust)
    _agree(language.model, "target", opened.numbering.targets, numbering.targets)
    if not opened.numbering.sourceless:
        raise RecipeError(
            f"`{language.model}` must be a language model, but reads sources. "
            "Train one with `--set data.source=none --set data.rows=texts`."
        )
    nothing, _ = opened.numbering.source("")
    return Fusion(stepper, SameSource(ModelStepper(opened.model.to(device)), nothing), weight=language.weight)


def _agree(folder: str, side: str, theirs: TextTokenizer, ours: TextTokenizer) -> None:
    try:
        check_same_tokens({"this model": _tokens(ours), folder: _tokens(theirs)})
    except DecodingError as error:
        raise RecipeError(
            f"`{folder}` must have the {side} vocabulary of the model that it joins: {error} "
            "`--set data.vocabulary_of=FOLDER` trains one."
        ) from None


def _tokens(tokenizer: TextTokenizer) -> list[str]:
    return tokenizer.show(range(tokenizer.specials.size))

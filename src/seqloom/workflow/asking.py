"""What is asked of a model: how to search, who has a say beside it, and what an answer must keep to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Literal, TypedDict, Unpack

from seqloom.core import settings, toml
from seqloom.core.errors import RecipeError
from seqloom.core.settings import Amount, Count, Fraction, Positive, Scale, Seed, Share, by_kind
from seqloom.decoding.constraints import ConstraintSettings
from seqloom.decoding.request import (
    BeamSearch,
    ExactSearch,
    LengthPenalty,
    MbrSearch,
    Paths,
    Sampling,
    SearchKind,
    StochasticBeam,
    Viterbi,
)

__all__ = [
    "AnswerSettings",
    "Asked",
    "Asking",
    "EnsembleSettings",
    "LanguageModelSettings",
    "NeighboursSettings",
    "ShortlistSettings",
    "asking_of",
    "quick",
    "set_anew",
]


@dataclass(frozen=True, kw_only=True)
class EnsembleSettings:
    """The ensemble: several models with the same vocabularies answer as one."""

    models: tuple[str, ...]
    """The folders of the others."""
    how: Literal["mean", "loglinear"] = "mean"
    """Of their probabilities, or of their log-probabilities: a token then needs a word from every one."""
    weights: tuple[Scale, ...] = ()
    """Of this model and then of the others; none: all alike."""

    def __post_init__(self) -> None:
        if not self.models:
            raise RecipeError("models must name at least one folder, but is empty. Leave the ensemble out.")
        if self.weights and len(self.weights) != 1 + len(self.models):
            raise RecipeError(
                f"weights must be one for each of {1 + len(self.models)} models, this one first, "
                f"but are {len(self.weights)}."
            )


@dataclass(frozen=True, kw_only=True)
class LanguageModelSettings:
    """The language model that has a say in every token (Gulcehre et al. 2015)."""

    model: str
    """The folder of a model that was trained with `data.source = "none"` and this one's target vocabulary."""
    weight: Scale = 0.2


@dataclass(frozen=True, kw_only=True)
class NeighboursSettings:
    """The neighbours: what the model said in places like this one (Khandelwal et al. 2021)."""

    store: str
    """A folder that `seqloom datastore` made with this model."""
    k: Positive = 8
    """How many neighbours are asked."""
    weight: Share = 0.25
    """Of their voice against the model's own (λ)."""
    temperature: Scale = 10.0
    """Of their squared distances: higher lets the farther ones speak too (τ)."""


@dataclass(frozen=True, kw_only=True)
class ShortlistSettings:
    """The shortlist: an answer is made of likely translations of its source's tokens and of frequent tokens alone.

    It makes answers faster, the more so the larger the vocabulary is. What is asked with constraints is answered
    without it.
    """

    translations: Positive = 50
    """Of each source token, as the lexicon has them that was learnt from the training pairs; at most 100."""
    frequent: Positive = 200
    """Of all target tokens, by how often the training pairs have them."""


@dataclass(frozen=True, kw_only=True)
class AnswerSettings:
    """The answers: how the finished model searches when it is not told otherwise."""

    beam: Positive = 5
    search: Annotated[SearchKind, by_kind] = BeamSearch()
    """For what, and how."""
    length_penalty: Literal["none", "average", "wu"] = "average"
    """What a hypothesis' log-probability is divided by: nothing, its length, or as Wu et al. 2016 do."""
    alpha: Amount = 1.0
    """How strongly."""
    coverage_penalty: Amount = 0.0
    min_length: Count = 0
    """Tokens of an answer at least, or frames …"""
    max_length: Positive | None = None
    """… and at most, so that both together say how far a forecast goes. None: as many as the source allows."""
    length_ratio: Scale = 2.0
    """An answer has at most this many tokens for each of its source …"""
    length_extra: Count = 20
    """… and these."""
    constraints: tuple[ConstraintSettings, ...] = ()
    """What every answer must keep to."""
    ensemble: EnsembleSettings | None = None
    language_model: LanguageModelSettings | None = None
    neighbours: NeighboursSettings | None = None
    shortlist: ShortlistSettings | None = None
    precision: Literal["fp32", "int16"] = "fp32"
    """What our own engine multiplies in: 32 bits, or 16, which is faster; one answer in some hundreds is another."""

    @property
    def penalty(self) -> LengthPenalty:
        return LengthPenalty(kind=self.length_penalty, alpha=self.alpha)

    def __post_init__(self) -> None:
        if self.max_length is not None and self.min_length > self.max_length:
            raise RecipeError(f"min_length must be at most max_length ({self.max_length}), but is {self.min_length}.")

    def longest(self, source: int) -> int:
        """The most tokens of an answer to a source of this many."""
        return self.max_length or int(source * self.length_ratio) + self.length_extra


class Asked(TypedDict, total=False):
    """What may be said of a question, as keywords. What is not said is as the recipe's `answers` says."""

    beam: int | None
    nbest: int
    sample: bool
    temperature: float
    top_k: int | None
    top_p: float | None
    min_p: float | None
    seed: int
    min_length: int
    max_length: int | None
    length_penalty: Literal["none", "average", "wu"] | None
    alpha: float | None
    search: SearchKind
    constraints: Sequence[ConstraintSettings]
    set: Mapping[str, Any] | Sequence[str]
    """Any key of the recipe's `answers` anew: `{"answers.beam": 3}`, or as the command line writes it."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """The question, with everything settled."""

    answers: AnswerSettings = field(default_factory=AnswerSettings)
    nbest: Positive = 1
    min_length: Count = 0
    max_length: Positive | None = None

    @property
    def draws(self) -> bool:
        """Whether answers come by chance, so that neither length nor coverage may weigh in."""
        return isinstance(self.answers.search, Sampling | StochasticBeam | MbrSearch)

    @property
    def beams(self) -> int:
        if isinstance(self.answers.search, Sampling):
            return self.nbest
        return max(self.answers.beam, self.nbest)

    def rows(self, size: int) -> int:
        """The hypotheses of a source, about, over a vocabulary of this size."""
        search = self.answers.search
        if isinstance(search, Viterbi):
            return size * self.nbest
        return max(self.beams, search.samples) if isinstance(search, MbrSearch) else self.beams

    def search_of(self, place: int, part: int) -> SearchKind:
        """A seed for each text, so that an answer does not depend on what else was asked with it. Paths are
        no answers but what one is made of: a series has one forecast, wherever it stands."""
        search = self.answers.search.sampling if isinstance(self.answers.search, MbrSearch) else self.answers.search
        if isinstance(search, Sampling | StochasticBeam):
            return replace(search, seed=(search.seed * 1_000_003 + place * 1009 + part) % 2**32)
        return search

    def __str__(self) -> str:
        """For a report."""
        search = self.answers.search
        if isinstance(search, Sampling):
            how = f"sampled with seed {search.seed}"
        elif isinstance(search, MbrSearch):
            how = f"least risk of {search.samples} draws with seed {search.seed}"
        elif isinstance(search, Paths):
            how = f"{search.paths} paths with seed {search.seed}"
        elif isinstance(search, ExactSearch | Viterbi):
            how = f"{search.kind} search"
        else:
            how = "greedy" if self.answers.beam == 1 else f"beam {self.answers.beam}"
            how = how if isinstance(search, BeamSearch) else f"{search.kind} {how}"
        beside = {
            "an ensemble": self.answers.ensemble,
            "a language model": self.answers.language_model,
            "neighbours": self.answers.neighbours,
        }
        named = [name for name, there in beside.items() if there is not None]
        return how + (f", with {' and '.join(named)}" if named else "")


def quick(answers: AnswerSettings, *, beam: int) -> Asking:
    """What a validation asks while a model is trained: a plain beam of the model alone."""
    return Asking(
        answers=replace(
            answers,
            beam=beam,
            search=BeamSearch(),
            ensemble=None,
            language_model=None,
            neighbours=None,
            shortlist=None,
            precision="fp32",
        )
    )


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What was said in single words, to be checked as a recipe is."""

    beam: Positive | None = None
    nbest: Positive = 1
    sample: bool = False
    temperature: Scale = 1.0
    top_k: Positive | None = None
    top_p: Fraction | None = None
    min_p: Fraction | None = None
    seed: Seed = 1
    min_length: Count = 0
    max_length: Positive | None = None
    length_penalty: Literal["none", "average", "wu"] | None = None
    alpha: Amount | None = None

    def __post_init__(self) -> None:
        if not self.sample and self.beam is not None and self.nbest > self.beam:
            raise RecipeError(f"nbest must be at most beam ({self.beam}), but is {self.nbest}. Widen the beam.")


_WORDS = frozenset(each.name for each in fields(_Said))


def asking_of(answers: AnswerSettings, **said: Unpack[Asked]) -> Asking:
    """The question: the recipe's answers, with what is said set anew; what is None is not said."""
    words = {key: value for key, value in said.items() if key in _WORDS and value is not None}
    unknown = {key: None for key in said if key not in Asked.__annotations__}
    checked = settings.parse(_Said, {**words, **unknown}, where="predict")
    if again := said.get("set"):
        answers = set_anew(answers, again)
    search = said.get("search") or answers.search
    if checked.sample:
        search = Sampling(
            seed=checked.seed,
            temperature=checked.temperature,
            top_k=checked.top_k,
            top_p=checked.top_p,
            min_p=checked.min_p,
        )
    answers = replace(
        answers,
        search=search,
        beam=checked.beam or answers.beam,
        length_penalty=checked.length_penalty or answers.length_penalty,
        alpha=answers.alpha if checked.alpha is None else checked.alpha,
        constraints=(*answers.constraints, *said.get("constraints", ())),
    )
    return Asking(answers=answers, nbest=checked.nbest, min_length=checked.min_length, max_length=checked.max_length)


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """A recipe as far as answering goes."""

    answers: AnswerSettings = field(default_factory=AnswerSettings)


def set_anew(answers: AnswerSettings, changes: Mapping[str, Any] | Sequence[str]) -> AnswerSettings:
    """Single keys of the recipe's `answers` anew, as `--set` writes them."""
    if isinstance(changes, Mapping):
        changes = [f"{key}={toml.inline(value)}" for key, value in changes.items()]
    for line in changes:
        if not line.startswith("answers."):
            key = line.partition("=")[0]
            raise RecipeError(
                f"`--set` must name a key of `answers` here, but names `{key}`. Other keys are trained in."
            )
    data: dict[str, Any] = settings.to_data(answers)
    if any(line.startswith("answers.search.kind") for line in changes):
        del data["search"]  # what was said of another kind does not hold for this one
    data = settings.override({"answers": data}, changes)
    return settings.parse(_Answers, data, where="--set").answers

"""The recipe: one TOML file says all that a model is and how it came to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from seqloom.core import settings
from seqloom.core.errors import RecipeError
from seqloom.core.settings import Amount, Count, Positive, Scale
from seqloom.core.wording import nearest
from seqloom.data.settings import DataSettings
from seqloom.decoding.request import LengthPenalty
from seqloom.metrics import BleuTokenizer, MetricName
from seqloom.models.encoder_decoder import ModelSettings
from seqloom.recipes import shipped_recipes
from seqloom.training.log import LoggingSettings
from seqloom.training.settings import TrainingSettings

__all__ = ["AnswerSettings", "EvaluationSettings", "Recipe", "load_recipe"]


@dataclass(frozen=True, kw_only=True)
class AnswerSettings:
    """The answers: how the finished model searches when it is not told otherwise."""

    beam: Positive = 5
    length_penalty: Literal["none", "average", "wu"] = "average"
    """What a hypothesis' log-probability is divided by: nothing, its length, or as Wu et al. 2016 do."""
    alpha: Amount = 1.0
    """How strongly."""
    coverage_penalty: Amount = 0.0
    length_ratio: Scale = 2.0
    """An answer has at most this many tokens for each of its source …"""
    length_extra: Count = 20
    """… and these."""

    @property
    def penalty(self) -> LengthPenalty:
        return LengthPenalty(kind=self.length_penalty, alpha=self.alpha)

    def longest(self, source: int) -> int:
        """The most tokens of an answer to a source of this many."""
        return int(source * self.length_ratio) + self.length_extra


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """The evaluation."""

    metrics: tuple[MetricName, ...] = ("bleu", "chrf")
    """The first one chooses the best model."""
    beam: Positive = 1
    """Of the search while training; a test is searched as `answers` says."""
    pairs: Count = 500
    """How many of the validation pairs are answered each time; 0: all."""
    one_source: bool = False
    """Rows of one source are each other's references, as the pronunciations of a word are."""
    bleu_tokenizer: BleuTokenizer | None = None
    """SacreBLEU's name of one; by default what suits the references' writing."""

    def __post_init__(self) -> None:
        if not self.metrics:
            raise RecipeError('metrics must name at least one, but is empty. Take "exact_match".')


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A recipe."""

    about: str = ""
    """What it is for, in a sentence."""
    data: DataSettings = field(default_factory=DataSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    answers: AnswerSettings = field(default_factory=AnswerSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)

    def __post_init__(self) -> None:
        if self.model.tie == "all" and not self.data.joint:
            raise RecipeError(
                'model.tie must not be "all" with `data.joint = false`: two vocabularies need two tables.'
            )


def load_recipe(name: str | Path, *, overrides: Sequence[str] = (), trust: frozenset[str] | None = None) -> Recipe:
    """A recipe by its path, or one that ships by its name."""
    shipped = shipped_recipes()
    path = Path(name)
    if not path.exists() and str(name) in shipped:
        path = shipped[str(name)]
    elif not path.exists() and path.suffix != ".toml":
        guess = nearest(str(name), shipped)
        end = f"Did you mean `{guess}`?" if guess else "`seqloom recipes` lists those that ship."
        raise RecipeError(f"{name}: must be a TOML file or the name of a recipe, but is neither. {end}")
    return settings.load(Recipe, path, overrides=overrides, trust=trust)

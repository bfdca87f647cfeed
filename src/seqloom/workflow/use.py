"""A recipe as far as a finished model is used: what its data looks like, how it answers and is measured. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Count, Positive
from seqloom.data.settings import DataSettings
from seqloom.metrics.names import BleuTokenizer, MetricName
from seqloom.tasks import PairsSettings, TaskSettings
from seqloom.workflow.asking import AnswerSettings

__all__ = ["EvaluationSettings", "TaskEvaluationSettings", "Use", "UseRecipe"]


@dataclass(frozen=True, kw_only=True)
class TaskEvaluationSettings:
    """The evaluation of the task."""

    metrics: tuple[MetricName, ...]
    one_source: bool = False

    def __post_init__(self) -> None:
        if not self.metrics:
            raise RecipeError('metrics must name at least one, but is empty. Take "exact_match".')


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """The evaluation."""

    metrics: tuple[MetricName, ...] = ("bleu", "chrf")
    """The first one chooses the best model, unless `choose` says otherwise."""
    choose: Literal["metric", "perplexity"] = "metric"
    """perplexity: the best model is the one that finds the right answers likeliest, where there are many of them."""
    beam: Positive = 1
    """Of the search while training; a test is searched as `answers` says."""
    pairs: Count = 500
    """How many of the validation pairs are answered each time; 0: all."""
    one_source: bool = False
    """Rows of one source are each other's references, as the pronunciations of a word are."""
    bleu_tokenizer: BleuTokenizer | None = None
    """SacreBLEU's name of one; by default what suits the references' writing."""
    tasks: Mapping[str, TaskEvaluationSettings] = field(default_factory=dict)
    """Of further tasks, by their names; those left out are measured as the main one, which alone chooses the model."""

    def __post_init__(self) -> None:
        if not self.metrics:
            raise RecipeError('metrics must name at least one, but is empty. Take "exact_match".')


class Use(Protocol):
    """What of a recipe is asked for wherever nothing is trained."""

    @property
    def about(self) -> str: ...

    @property
    def task(self) -> TaskSettings: ...

    @property
    def data(self) -> DataSettings: ...

    @property
    def evaluation(self) -> EvaluationSettings: ...

    @property
    def answers(self) -> AnswerSettings: ...


@dataclass(frozen=True, kw_only=True)
class UseRecipe:
    """The recipe of an exported model, which is not trained any more."""

    about: str = ""
    task: TaskSettings = PairsSettings()
    data: DataSettings = field(default_factory=DataSettings)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    answers: AnswerSettings = field(default_factory=AnswerSettings)

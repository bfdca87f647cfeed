"""One file a task: how a row becomes a pair, what the decoder may say, how the answer is shown and scored. No torch."""

from __future__ import annotations

from typing import TypeAlias

from seqloom.tasks.characters import CharactersSettings
from seqloom.tasks.classification import ClassificationSettings
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task, TaskBase
from seqloom.tasks.dialogue import DialogueSettings
from seqloom.tasks.extraction import ExtractionSettings
from seqloom.tasks.forecast import ForecastSettings
from seqloom.tasks.generation import GenerationSettings
from seqloom.tasks.pairs import PairsSettings
from seqloom.tasks.question_answering import QuestionAnsweringSettings
from seqloom.tasks.recommendation import RecommendationSettings
from seqloom.tasks.summarization import SummarizationSettings
from seqloom.tasks.tagging import TaggingSettings
from seqloom.tasks.translation import TranslationSettings

__all__ = [
    "Answered",
    "Baseline",
    "CharactersSettings",
    "ClassificationSettings",
    "DialogueSettings",
    "ExtractionSettings",
    "ForecastSettings",
    "GenerationSettings",
    "Known",
    "PairsSettings",
    "QuestionAnsweringSettings",
    "RecommendationSettings",
    "Shown",
    "SummarizationSettings",
    "TaggingSettings",
    "Task",
    "TaskBase",
    "TaskSettings",
    "TranslationSettings",
]

TaskSettings: TypeAlias = (
    PairsSettings
    | CharactersSettings
    | ClassificationSettings
    | DialogueSettings
    | ExtractionSettings
    | ForecastSettings
    | GenerationSettings
    | QuestionAnsweringSettings
    | RecommendationSettings
    | SummarizationSettings
    | TaggingSettings
    | TranslationSettings
)

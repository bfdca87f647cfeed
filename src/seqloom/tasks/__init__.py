"""One file a task: how a row becomes a pair, what the decoder may say, how the answer is shown and scored. No torch."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from seqloom.core.later import names_later
from seqloom.core.settings import Kinds
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task, TaskBase
from seqloom.tasks.pairs import PairsSettings

__all__ = ["KINDS", "Answered", "Baseline", "Known", "PairsSettings", "Shown", "Task", "TaskBase", "TaskSettings"]

KINDS: Final = Kinds(
    {
        "pairs": "seqloom.tasks.pairs:PairsSettings",
        "characters": "seqloom.tasks.characters:CharactersSettings",
        "classification": "seqloom.tasks.classification:ClassificationSettings",
        "dialogue": "seqloom.tasks.dialogue:DialogueSettings",
        "extraction": "seqloom.tasks.extraction:ExtractionSettings",
        "forecast": "seqloom.tasks.forecast:ForecastSettings",
        "generation": "seqloom.tasks.generation:GenerationSettings",
        "question_answering": "seqloom.tasks.question_answering:QuestionAnsweringSettings",
        "recommendation": "seqloom.tasks.recommendation:RecommendationSettings",
        "summarization": "seqloom.tasks.summarization:SummarizationSettings",
        "tagging": "seqloom.tasks.tagging:TaggingSettings",
        "translation": "seqloom.tasks.translation:TranslationSettings",
    }
)
TaskSettings: TypeAlias = Annotated[TaskBase, KINDS]
"""The task that a recipe names, which alone is imported."""

__getattr__ = names_later(__name__, {}, paths=KINDS.paths)

"""The recipe: one TOML file says all that a model is and how it came to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seqloom.core import settings
from seqloom.core.errors import RecipeError
from seqloom.core.wording import nearest
from seqloom.data.settings import DataSettings
from seqloom.models.encoder_decoder import ModelSettings
from seqloom.recipes import shipped_recipes
from seqloom.tasks import PairsSettings, TaskSettings
from seqloom.training.log import LoggingSettings
from seqloom.training.settings import TrainingSettings
from seqloom.workflow.asking import AnswerSettings
from seqloom.workflow.budgeting import BudgetSettings, check_rungs
from seqloom.workflow.tasks import check_same, check_tasks, task_recipe
from seqloom.workflow.use import EvaluationSettings
from seqloom.workflow.vectors import check_vectors

__all__ = ["Recipe", "load_recipe"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A recipe."""

    about: str = ""
    """What it is for, in a sentence."""
    task: TaskSettings = PairsSettings()
    """What is done with a row; see the guide's page on tasks."""
    data: DataSettings = field(default_factory=DataSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    answers: AnswerSettings = field(default_factory=AnswerSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    budget: tuple[BudgetSettings, ...] = ()
    """What `--budget` takes instead where there is less time, from the least on."""

    def __post_init__(self) -> None:
        if self.model.tie == "all" and not self.data.joint:
            raise RecipeError(
                'model.tie must not be "all" with `data.joint = false`: two vocabularies need two tables.'
            )
        check_vectors(self)
        self._check_objectives()
        self._check_parts()
        check_tasks(self)

    def of_task(self, name: str) -> Recipe:
        """The recipe of one of the further tasks."""
        return task_recipe(self, name)

    def _check_parts(self) -> None:
        """What a source has is read, and what is read is there."""
        source = self.model.source
        several = source.kind == "several"
        within = "model.source.parts.text.source.factors" if several else "model.source.factors"
        check_same("data.factors", self.data.factors, within, getattr(source, "factors", ()))
        read = [name for name in getattr(source, "parts", ()) if name not in ("text", "vectors")]
        if self.data.sources and source.kind in ("text", "vectors"):
            raise RecipeError(
                f'model.source.kind must be "several" with `data.sources`, but is "{source.kind}". '
                "Give each of them its part: `[model.source.parts.text]` …"
            )
        if several:
            check_same("data.sources", self.data.sources, "model.source.parts", read)

    def _check_objectives(self) -> None:
        """What an objective needs of the data can be seen before any is read."""
        kinds = {getattr(chosen, "kind", "") for chosen in self.training.objectives}
        if "alignment" in kinds and self.data.alignment is None:
            raise RecipeError(
                'training.objectives must not have "alignment" without `data.alignment`: name the column that has it.'
            )
        if "denoising" in kinds and not self.data.joint:
            raise RecipeError(
                'training.objectives must not have "denoising" with `data.joint = false`: it reads what it says.'
            )


def load_recipe(name: str | Path, *, overrides: Sequence[str] = (), trust: frozenset[str] | None = None) -> Recipe:
    """A recipe by its path, or one that ships by its name."""
    shipped = shipped_recipes()
    path = Path(name)
    if not path.is_file() and str(name) in shipped:  # a folder of data may well be called as its task is
        path = shipped[str(name)]
    elif not path.exists() and path.suffix != ".toml":
        guess = nearest(str(name), shipped)
        end = f"Did you mean `{guess}`?" if guess else "`seqloom recipes` lists those that ship."
        raise RecipeError(f"{name}: must be a TOML file or the name of a recipe, but is neither. {end}")
    recipe = settings.load(Recipe, path, overrides=overrides, trust=trust)
    if not overrides:  # with them, a rung may be impossible that nobody asks for
        check_rungs(recipe, where=str(path))
    return recipe

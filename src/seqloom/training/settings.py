"""All that can be said of a training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Amount, Count, Positive, Rate, Scale, Seed, by_kind
from seqloom.nn.contracts import Objective
from seqloom.training.objectives import CrossEntropySettings, ObjectiveSettings, RDrop, Scaled, Targets
from seqloom.training.optimizers import AdamWSettings, OptimizerSettings
from seqloom.training.precision import Precision
from seqloom.training.sampling import NoSamplingSettings, SamplingSettings
from seqloom.training.schedules import FixedScheduleSettings, Schedule, ScheduleSettings

__all__ = ["TaskTrainingSettings", "TrainingSettings"]


@dataclass(frozen=True, kw_only=True)
class TaskTrainingSettings:
    """The training of the task."""

    weight: Scale = 1.0
    """What its loss is multiplied by."""
    objectives: tuple[Annotated[ObjectiveSettings, by_kind], ...] = ()
    """What is made smaller; none: what the main task makes smaller."""


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The training."""

    steps: Count = 0
    """Steps of the optimizer; 0: as many as the epochs or the budget give. The least of the three ends the training."""
    epochs: Amount = 0.0
    """Times that it sees all pairs; 0: as often as the steps or the budget give."""
    accumulate: Positive = 1
    """Batches that make a step together: as one large batch would, in the memory of one."""
    rate: Scale = 1e-3
    """The highest learning rate."""
    warmup: Count = 100
    """Steps in which the rate rises to its highest; at most a quarter of them where epochs or a budget give them."""
    schedule: Annotated[ScheduleSettings, by_kind] = FixedScheduleSettings()
    """How the rate goes on from there."""
    optimizer: Annotated[OptimizerSettings, by_kind] = field(default_factory=AdamWSettings)
    clip: Amount = 1.0
    """Longest gradient: a longer one is shortened to it (Pascanu et al. 2013); 0 leaves all as they are."""
    objectives: tuple[Annotated[ObjectiveSettings, by_kind], ...] = (CrossEntropySettings(),)
    """What is made smaller: the sum of these, each times its weight."""
    tasks: Mapping[str, TaskTrainingSettings] = field(default_factory=dict)
    """Of further tasks, by their names; those left out learn as the main one does."""
    smoothing: Rate = 0.0
    """Share of the target's weight that all tokens get alike."""
    r_drop: Amount = 0.0
    """How much two passes with other dropout must agree (α of Liang et al. 2021); 0: there is one pass."""
    word_dropout: Rate = 0.0
    """Share of the tokens read, on both sides, that are read as unknown."""
    sampling: Annotated[SamplingSettings, by_kind] = field(default_factory=NoSamplingSettings)
    """How the decoder comes to read its own words while it learns (scheduled sampling)."""
    ema: Rate = 0.0
    """Decay of the moving average of the weights, which is what is validated and kept; 0: there is none."""
    average: Count = 0
    """Validated weights, the last ones, whose mean is tried at the end; 0: none is."""
    validate_every: Count = 0
    """Steps between validations; 0: about an epoch, 10 to 50 times a training, or as often as the budget allows."""
    patience: Count = 0
    """Validations without a better score after which it ends; 0: it never ends early."""
    save_every: Count = 0
    """Steps between checkpoints; 0: only time counts. One is kept at every validation and at the end anyhow."""
    save_seconds: Scale = 300.0
    """Seconds between checkpoints."""
    retries: Count = 3
    """How often it goes back to the last good weights, with half the rate, when the loss is lost; then it gives up."""
    precision: Precision = "auto"
    """What a step is computed in; "auto" is bf16 where the processor or the GPU has it."""
    deterministic: bool = False
    """Only algorithms that give the same bits every time on a GPU too; some are slower."""
    threads: Count = 0
    """Of the processor; 0: as torch chooses."""
    seed: Seed = 1

    def __post_init__(self) -> None:
        if self.steps and self.warmup >= self.steps:
            raise RecipeError(f"warmup must be less than steps ({self.steps}), but is {self.warmup}.")
        if not self.objectives:
            raise RecipeError('objectives must name at least one, but is empty. Take `[{ kind = "cross_entropy" }]`.')
        kinds = [getattr(chosen, "kind", None) for chosen in self.objectives]
        if self.r_drop and "cross_entropy" not in kinds:
            raise RecipeError(
                'r_drop makes cross-entropy agree with itself, so `objectives` must have "cross_entropy".'
            )
        if self.word_dropout and any(getattr(chosen, "side", None) == "source" for chosen in self.objectives):
            raise RecipeError(
                'word_dropout must be 0 with "denoising" of the source, which is said as it is read. Take its `mask`.'
            )

    @property
    def remedy(self) -> str:
        """What helps against a loss that is not a number."""
        clip = f"`training.clip` (now {self.clip:g})" if self.clip else "set `training.clip` (now off)"
        return f"Lower `training.rate` (now {self.rate:g}) or {clip}."

    def task(self, name: str) -> TrainingSettings:
        """The same as one of the further tasks is trained."""
        own = self.tasks.get(name)
        return replace(self, objectives=(own and own.objectives) or self.objectives, tasks={})

    def weight_of(self, task: str) -> float:
        """What that task's loss is multiplied by."""
        return self.tasks[task].weight if task in self.tasks else 1.0

    def build_objectives(self, targets: Targets, *, weight: float = 1.0) -> tuple[Objective, ...]:
        """The objectives, each times its weight, and times the task's; one that counts once in every step is left as
        it is."""
        return tuple(self._weighed(chosen, targets, weight) for chosen in self.objectives)

    def _weighed(self, chosen: ObjectiveSettings, targets: Targets, task: float) -> Objective:
        # A part of the recipe's author need not have these.
        weight, warmup = getattr(chosen, "weight", 1.0) * task, getattr(chosen, "warmup", 0)
        objective: Objective
        if self.r_drop and isinstance(chosen, CrossEntropySettings):
            smoothing = self.smoothing if chosen.smoothing is None else chosen.smoothing
            objective = RDrop(alpha=self.r_drop, smoothing=smoothing)
        else:
            objective = chosen.build(replace(targets, smoothing=self.smoothing))
            # With r_drop every row is there twice, but counted once.
            weight = weight / 2 if self.r_drop else weight
        return objective if weight == 1 and not warmup else Scaled(objective=objective, weight=weight, warmup=warmup)

    def steps_within(self, batches_per_epoch: int) -> int | None:
        """The least of ``steps`` and ``epochs`` in steps; None where neither says anything."""
        limits = [self.steps] if self.steps else []
        if self.epochs:
            limits.append(max(1, math.ceil(self.epochs * batches_per_epoch / self.accumulate)))
        return min(limits, default=None)

    def rate_at(self, step: int, *, steps: int) -> float:
        """The learning rate of a step, the first being 1, of so many."""
        kind = self.schedule.kind
        warmup = self.warmup if steps == self.steps else min(self.warmup, steps // 4)
        schedule = Schedule(name="constant" if kind == "plateau" else kind, warmup=warmup, steps=steps)
        return self.rate * schedule(step)

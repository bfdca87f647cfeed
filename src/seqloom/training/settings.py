"""All that can be said of a training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Amount, Count, Positive, Rate, Scale, Seed, by_kind
from seqloom.nn.contracts import Objective
from seqloom.training.objectives import CrossEntropy, RDrop
from seqloom.training.optimizers import AdamWSettings, OptimizerSettings
from seqloom.training.precision import Precision
from seqloom.training.sampling import NoSamplingSettings, SamplingSettings
from seqloom.training.schedules import FixedScheduleSettings, Schedule, ScheduleSettings

__all__ = ["TrainingSettings"]


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

    @property
    def remedy(self) -> str:
        """What helps against a loss that is not a number."""
        clip = f"`training.clip` (now {self.clip:g})" if self.clip else "set `training.clip` (now off)"
        return f"Lower `training.rate` (now {self.rate:g}) or {clip}."

    def objectives(self) -> Sequence[Objective]:
        if self.r_drop:
            return (RDrop(alpha=self.r_drop, smoothing=self.smoothing),)
        return (CrossEntropy(smoothing=self.smoothing),)

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

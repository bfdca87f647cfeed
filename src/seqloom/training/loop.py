"""The loop: a batch, its loss, one step of the optimiser; then the next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from seqloom.core.errors import RecipeError, TrainingError
from seqloom.core.seeding import random_states, restore_random_states
from seqloom.core.settings import Amount, Count, Positive, Rate, Scale
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch, Loss, Objective
from seqloom.training.anomaly import diagnose
from seqloom.training.objectives import CrossEntropy, combined
from seqloom.training.schedules import Schedule, ScheduleName

__all__ = ["Progress", "Trainee", "TrainingSettings", "train"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The training."""

    steps: Positive = 1000
    rate: Scale = 1e-3
    """The highest learning rate."""
    warmup: Count = 100
    """Steps in which the rate rises to its highest."""
    schedule: ScheduleName = "cosine"
    """How it falls from there: not at all, in a line or a half cosine to 0, or by 1/√step."""
    clip: Amount = 1.0
    """Longest gradient: a longer one is shortened to it (Pascanu et al. 2013); 0 leaves all as they are."""
    smoothing: Rate = 0.0
    """Share of the target's weight that all tokens get alike."""
    betas: tuple[Rate, Rate] = (0.9, 0.98)
    """How slowly Adam forgets the gradient, and its square."""
    epsilon: Scale = 1e-8
    """Added to the root of the gradient's square."""
    weight_decay: Amount = 0.0
    """Of matrices; biases and normalisations do not decay (Loshchilov & Hutter 2019)."""

    def __post_init__(self) -> None:
        if self.warmup >= self.steps:
            raise RecipeError(f"warmup must be less than steps ({self.steps}), but is {self.warmup}.")

    @property
    def remedy(self) -> str:
        """What helps against a loss that is not a number."""
        clip = f"`training.clip` (now {self.clip:g})" if self.clip else "set `training.clip` (now off)"
        return f"Lower `training.rate` (now {self.rate:g}) or {clip}."

    def objectives(self) -> list[Objective]:
        return [CrossEntropy(smoothing=self.smoothing)]

    def rate_at(self, step: int) -> float:
        """The learning rate of a step, the first being 1."""
        return self.rate * Schedule(name=self.schedule, warmup=self.warmup, steps=self.steps)(step)

    def optimizer(self, model: nn.Module) -> torch.optim.AdamW:
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        groups = [
            {"params": [each for each in parameters if each.dim() > 1], "weight_decay": self.weight_decay},
            {"params": [each for each in parameters if each.dim() <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.rate, betas=self.betas, eps=self.epsilon, fused=True)


class Trainee(nn.Module):
    """A model with its objectives: one call makes every loss, so that what wraps a module wraps all of it."""

    def __init__(self, model: EncoderDecoder, objectives: Sequence[Objective]) -> None:
        super().__init__()
        self.model = model
        self.objectives = tuple(objectives)

    def forward(self, batch: Batch) -> tuple[Loss, ...]:
        run = self.model(batch)
        return tuple(objective(run) for objective in self.objectives)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What one step came to."""

    step: int
    loss: float
    gradient_norm: float
    """Before it was clipped."""
    rate: float
    tokens: int
    """Real target tokens in the batch."""


def train(model: EncoderDecoder, batches: Iterable[Batch], settings: TrainingSettings) -> Iterator[Progress]:
    """Train until ``settings.steps`` or the last batch, and tell of every step.

    Between two steps the caller may do with the model what it likes: answer, measure, save.
    """
    trainee = Trainee(model, settings.objectives())
    optimizer = settings.optimizer(model)
    for step, batch in zip(range(1, settings.steps + 1), batches, strict=False):
        rate = settings.rate_at(step)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss, norm = _learn(trainee, batch, optimizer, settings, step=step)
        yield Progress(step=step, loss=loss, gradient_norm=norm, rate=rate, tokens=int(batch.keep_BT.sum()))


def _learn(
    trainee: Trainee, batch: Batch, optimizer: torch.optim.Optimizer, settings: TrainingSettings, *, step: int
) -> tuple[float, float]:
    """One step of the optimiser: the loss, and the gradient's norm before it was clipped."""
    trainee.train()
    optimizer.zero_grad()
    before = random_states()
    loss = combined(trainee(batch))
    loss.backward()
    parameters = [parameter for parameter in trainee.parameters() if parameter.grad is not None]
    norm = get_total_norm([parameter.grad for parameter in parameters if parameter.grad is not None])
    reached, length = torch.stack([loss.detach(), norm]).tolist()  # the device is asked once
    if not (math.isfinite(reached) and math.isfinite(length)):
        restore_random_states(before)
        found = diagnose(trainee.model, batch, loss=lambda: combined(trainee(batch)), remedy=settings.remedy)
        raise TrainingError(f"step {step}: {found}")
    if settings.clip:
        clip_grads_with_norm_(parameters, settings.clip, norm)
    optimizer.step()
    return reached, length

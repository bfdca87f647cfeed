"""The step: batches, their loss, one move of the optimiser. And the smallest loop around it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from seqloom.core.errors import RecipeError, TrainingError
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch, Loss, Objective
from seqloom.training.anomaly import diagnose
from seqloom.training.averages import MovingAverage
from seqloom.training.noise import drop_words
from seqloom.training.objectives import twice
from seqloom.training.precision import autocast
from seqloom.training.randomness import seed_for
from seqloom.training.sampling import mixed_inputs
from seqloom.training.settings import TrainingSettings

__all__ = ["Learner", "LostError", "Progress", "Trainee", "train"]


class LostError(TrainingError):
    """A step whose loss or gradient is not finite. The weights are as they were before it."""


class Trainee(nn.Module):
    """A model with its objectives: one call makes every loss, so that what wraps a module wraps all of it."""

    def __init__(
        self, model: EncoderDecoder, objectives: Sequence[Objective], *, word_dropout: float = 0.0, twins: bool = False
    ) -> None:
        super().__init__()
        self.model = model
        self.objectives = tuple(objectives)
        self.word_dropout = word_dropout
        self.twins = twins

    def forward(self, batch: Batch, *, teacher: float = 1.0) -> tuple[Loss, ...]:
        """``teacher``: the share of right words among those that the decoder reads."""
        if self.twins:
            batch = twice(batch)
        if self.word_dropout:
            batch = self._without_words(batch)
        memory = None
        if teacher < 1:
            memory = self.model.encode(batch.source)
            batch = replace(batch, read_BT=mixed_inputs(self.model, memory, batch, teacher=teacher))
        run = self.model(batch, memory)
        return tuple(objective(run) for objective in self.objectives)

    def _without_words(self, batch: Batch) -> Batch:
        source_unk = self.model.source.embedding.vocabulary.unk
        return drop_words(batch, self.word_dropout, source_unk=source_unk, target_unk=self.model.vocabulary.unk)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What a step came to."""

    step: int
    loss: float
    gradient_norm: float
    """Before it was clipped."""
    rate: float
    tokens: int
    """Real target tokens in the batches."""


class Learner:
    """A model, its objectives and its optimiser: all that a step changes, and the step."""

    def __init__(
        self,
        model: EncoderDecoder,
        settings: TrainingSettings,
        *,
        objectives: Sequence[Objective] | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.model = model
        self.settings = settings
        self.device = device or torch.device("cpu")
        model.to(self.device)
        self.trainee = Trainee(
            model,
            settings.objectives() if objectives is None else objectives,
            word_dropout=settings.word_dropout,
            twins=bool(settings.r_drop),
        )
        self.optimizers = settings.optimizer.build(model)
        self.parameters = [parameter for parameter in self.trainee.parameters() if parameter.requires_grad]
        self.average = MovingAverage(model, settings.ema) if settings.ema else None

    def learn(self, batches: Sequence[Batch], *, step: int, rate: float) -> Progress:
        """One step on all the batches together: ∇ Σ_i total_i / Σ_i count_i, clipped, handed to the optimiser."""
        self.trainee.train()
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        counts = [sum(objective.count(batch) for batch in batches) for objective in self.trainee.objectives]
        losses = []
        for part, batch in enumerate(batches):
            loss = self._loss(batch, counts, step=step, part=part)
            loss.backward()
            losses.append(loss.detach())
        norm = get_total_norm([parameter.grad for parameter in self.parameters if parameter.grad is not None])
        loss, length = torch.stack([torch.stack(losses).sum(), norm]).tolist()  # the device is asked once
        if not (math.isfinite(loss) and math.isfinite(length)):
            raise LostError(f"step {step}: {self._diagnosis(batches, counts, step=step)}")
        if self.settings.clip:
            clip_grads_with_norm_(self.parameters, self.settings.clip, norm)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
        if self.average is not None:
            self.average.update(step)
        tokens = sum(int(batch.keep_BT.sum()) for batch in batches)
        return Progress(step=step, loss=loss, gradient_norm=length, rate=rate, tokens=tokens)

    def _loss(self, batch: Batch, counts: Sequence[Tensor | int], *, step: int, part: int) -> Tensor:
        """A batch's share of the step's loss. It comes out the same however often it is made."""
        seed_for(self.settings.seed, step, part)
        with autocast(self.settings.precision, self.device):
            losses = self.trainee(batch.to(self.device), teacher=self.settings.sampling.teacher(step))
        return torch.stack([loss.total / count for loss, count in zip(losses, counts, strict=True)]).sum()

    def _diagnosis(self, batches: Sequence[Batch], counts: Sequence[Tensor | int], *, step: int) -> str:
        remedy = self.settings.remedy
        for part, batch in enumerate(batches):

            def loss(part: int = part, batch: Batch = batch) -> Tensor:
                return self._loss(batch, counts, step=step, part=part)

            if found := diagnose(self.model, batch, loss=loss, remedy=remedy):
                return found
        return f"the loss or its gradient is not finite, but both were when the step ran again. {remedy}"


def train(model: EncoderDecoder, batches: Iterable[Batch], settings: TrainingSettings) -> Iterator[Progress]:
    """Train until ``settings.steps`` or the last batch, and tell of every step.

    Between two steps the caller may do with the model what it likes: answer, measure, save. For a run that is
    validated, saved and resumed take ``run``.
    """
    if not settings.steps:
        raise RecipeError("`training.steps` must be at least 1 here, but is 0. Say how many.")
    learner = Learner(model, settings)
    left = iter(batches)
    for step in range(1, settings.steps + 1):
        chosen = list(islice(left, settings.accumulate))
        if not chosen:
            return
        yield learner.learn(chosen, step=step, rate=settings.rate_at(step, steps=settings.steps))

"""The step: batches, their loss, one move of the optimiser. And the smallest loop around it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from seqloom.core.errors import RecipeError, TrainingError
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn import chance
from seqloom.nn.contracts import Batch, Loss, Objective, Run
from seqloom.nn.memory import Memory
from seqloom.training.anomaly import diagnose
from seqloom.training.averages import MovingAverage
from seqloom.training.noise import drop_words
from seqloom.training.objectives import Targets, Wants, name_of, twice
from seqloom.training.pieces import team_for
from seqloom.training.precision import autocast
from seqloom.training.randomness import number_for, seed_for
from seqloom.training.sampling import mixed_inputs
from seqloom.training.settings import TrainingSettings

__all__ = ["Learner", "LostError", "Progress", "Trainee", "train"]

Counts = Mapping[str | None, Sequence[Tensor]]
"""What each objective of each task is divided by."""
_NO_TASKS: Mapping[str, Any] = MappingProxyType({})


class LostError(TrainingError):
    """A step whose loss or gradient is not finite. The weights are as they were before it."""


class Trainee(nn.Module):
    """A model with its objectives: one call makes every loss, so that what wraps a module wraps all of it."""

    def __init__(
        self,
        model: EncoderDecoder,
        objectives: Sequence[Objective],
        *,
        tasks: Mapping[str, Sequence[Objective]] = _NO_TASKS,
        word_dropout: float = 0.0,
        twins: bool = False,
    ) -> None:
        """``tasks``: the objectives of the model's further tasks."""
        super().__init__()
        self.model = model
        self.objectives: dict[str | None, tuple[Objective, ...]] = {None: tuple(objectives)}
        self.objectives |= {name: tuple(each) for name, each in tasks.items()}
        self.word_dropout = word_dropout
        self.twins = twins
        self.wants = {task: Wants.of(each) for task, each in self.objectives.items()}
        for task, wants in self.wants.items():
            wants.check(model.task(task), self.objectives[task])

    def forward(self, batch: Batch, *, teacher: float = 1.0, step: int = 0) -> tuple[Loss, ...]:
        """``teacher``: the share of right words among those that the decoder reads."""
        model = self.model.task(batch.task)
        if self.twins:
            batch = twice(batch)
        if self.word_dropout:
            unks = {"source_unk": model.source.vocabulary.unk, "target_unk": model.vocabulary.unk}
            batch = drop_words(batch, self.word_dropout, **unks)
        run = self._run(model, batch, teacher=teacher, step=step)
        return tuple(objective(run) for objective in self.objectives[batch.task])

    def _run(self, model: EncoderDecoder, batch: Batch, *, teacher: float, step: int) -> Run:
        """As much of the usual pass as any objective looks at."""
        wants = self.wants[batch.task]
        if wants.reads == "batch":
            return Run(model=model, batch=batch, step=step)
        memory: Memory | None = None
        if wants.reads == "memory" or teacher < 1:
            memory = model.encode(batch.source)
        if wants.reads == "memory":
            run = Run(model=model, batch=batch, encoded=memory, step=step)
        else:
            if memory is not None:
                batch = replace(batch, read_BT=mixed_inputs(model, memory, batch, teacher=teacher))
            run = model(batch, memory, attention=wants.attention, step=step)
        wants.check_terms(run.memory.losses)
        return run


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
    parts: Mapping[str, float] = field(default_factory=dict)
    """What each objective has in the loss, where there are several."""


class Learner:
    """A model, its objectives and its optimiser: all that a step changes, and the step."""

    def __init__(
        self,
        model: EncoderDecoder,
        settings: TrainingSettings,
        *,
        objectives: Sequence[Objective] | None = None,
        targets: Targets | None = None,
        tasks: Mapping[str, Targets] = _NO_TASKS,
        device: torch.device | None = None,
    ) -> None:
        """``targets``: what the settings' objectives may know of the data, and ``tasks``, of each further task's. Given
        ``objectives`` are taken in their place."""
        self.model = model
        self.settings = settings
        self.device = device or torch.device("cpu")
        model.to(self.device)
        self.trainee = Trainee(
            model,
            settings.build_objectives(targets or Targets(vocabulary=model.vocabulary))
            if objectives is None
            else objectives,
            tasks={
                name: settings.task(name).build_objectives(
                    tasks.get(name) or Targets(vocabulary=model.task(name).vocabulary),
                    weight=settings.weight_of(name),
                )
                if objectives is None
                else objectives
                for name in model.branches
            },
            word_dropout=settings.word_dropout,
            twins=bool(settings.r_drop),
        )
        self._names = {task: _names(each) for task, each in self.trainee.objectives.items()}
        self.optimizers = settings.optimizer.build(model)
        self.parameters = [parameter for parameter in self.trainee.parameters() if parameter.requires_grad]
        self.average = MovingAverage(model, settings.ema) if settings.ema else None
        alone = any(wants.alone for wants in self.trainee.wants.values())
        self.team = team_for(model, self.device, threads=settings.threads, alone=alone)

    def learn(self, batches: Sequence[Batch], *, step: int, rate: float) -> Progress:
        """One step on all the batches together: ∇ Σ_i total_i / Σ_i count_i, clipped, handed to the optimiser.

        Both sums are over the batches of one task, and the quotients of all tasks are added up.
        """
        self.trainee.train()
        counts = self._counts(batches)
        shares = self.team.shares(batches)
        found = self.team.each(lambda share: self._gradients(share, counts, step=step), shares)
        for parameter, *gradients in zip(self.parameters, *(each for each, _ in found), strict=True):
            parameter.grad = _sum(gradients)
        norm = get_total_norm([parameter.grad for parameter in self.parameters if parameter.grad is not None])
        losses = [torch.stack([each[task] for _, each in found if task in each]).sum(0) for task in counts]
        *means, length = torch.cat([*losses, norm[None]]).tolist()  # the device is asked once
        loss = sum(means)
        if not (math.isfinite(loss) and math.isfinite(length)):
            raise LostError(f"step {step}: {self._diagnosis(shares, counts, step=step)}")
        if self.settings.clip:
            clip_grads_with_norm_(self.parameters, self.settings.clip, norm)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
        if self.average is not None:
            self.average.update(step)
        tokens = sum(int(batch.keep_BT.sum()) for batch in batches)
        names = [self._named(task, name) for task in counts for name in self._names[task]]
        parts = dict(zip(names, means, strict=True)) if len(names) > 1 or self.model.branches else {}
        return Progress(step=step, loss=loss, gradient_norm=length, rate=rate, tokens=tokens, parts=parts)

    def _named(self, task: str | None, objective: str) -> str:
        """What a log calls an objective's share in the loss; of several tasks, whose it is."""
        if not self.model.branches:
            return objective
        return (task or "main") + (f"_{objective}" if len(self._names[task]) > 1 else "")

    def _counts(self, batches: Sequence[Batch]) -> dict[str | None, list[Tensor]]:
        """What each objective of each task in a step is a sum over."""
        counts: dict[str | None, list[Tensor]] = {}
        for task in dict.fromkeys(batch.task for batch in batches):
            here = [batch for batch in batches if batch.task == task]
            counts[task] = [self._count(objective, here) for objective in self.trainee.objectives[task]]
        return counts

    def _count(self, objective: Objective, batches: Sequence[Batch]) -> Tensor:
        """What its totals are divided by; 1 where there is nothing that it looks at, so that its mean is 0."""
        count = torch.stack([objective.count(batch) for batch in batches]).sum()
        return torch.where(count > 0, count, 1)

    def _gradients(
        self, share: Sequence[tuple[int, Batch]], counts: Counts, *, step: int
    ) -> tuple[Sequence[Tensor | None], dict[str | None, Tensor]]:
        """Of one thread's pieces: the gradients of all parameters, and each task's losses by objective."""
        total: Sequence[Tensor | None] = ()
        losses: dict[str | None, Tensor] = {}
        for number, piece in share:
            loss_I = self._losses(piece, counts, step=step, number=number)
            found = torch.autograd.grad(loss_I.sum(), self.parameters, allow_unused=True)
            total = [_sum(pair) for pair in zip(total, found, strict=True)] if total else found
            losses[piece.task] = losses[piece.task] + loss_I.detach() if piece.task in losses else loss_I.detach()
        return total, losses

    def _losses(self, piece: Batch, counts: Counts, *, step: int, number: int) -> Tensor:
        """A piece's share of the step's loss, by objective. It comes out the same however often it is made."""
        seed = self.settings.seed
        if self.team.size == 1:  # a model of others' making may draw from what all threads have in common
            seed_for(seed, step, number)
        with chance.begun(number_for(seed, step, number)), autocast(self.settings.precision, self.device):
            losses = self.trainee(piece.to(self.device), teacher=self.settings.sampling.teacher(step), step=step)
        return torch.stack([loss.total / count for loss, count in zip(losses, counts[piece.task], strict=True)])

    def _diagnosis(self, shares: Sequence[Sequence[tuple[int, Batch]]], counts: Counts, *, step: int) -> str:
        remedy = self.settings.remedy
        for number, piece in sorted(chain.from_iterable(shares), key=itemgetter(0)):
            loss = partial(self._loss, piece, counts, step=step, number=number)
            if found := diagnose(self.model, piece, loss=loss, remedy=remedy):
                return found
        return f"the loss or its gradient is not finite, but both were when the step ran again. {remedy}"

    def _loss(self, piece: Batch, counts: Counts, *, step: int, number: int) -> Tensor:
        return self._losses(piece, counts, step=step, number=number).sum()


def _sum(parts: Sequence[Tensor | None]) -> Tensor | None:
    """Into the first that is there."""
    there = [part for part in parts if part is not None]
    for other in there[1:]:
        there[0].add_(other)
    return there[0] if there else None


def train(
    model: EncoderDecoder, batches: Iterable[Batch], settings: TrainingSettings, *, targets: Targets | None = None
) -> Iterator[Progress]:
    """Train until ``settings.steps`` or the last batch, and tell of every step.

    Between two steps the caller may do with the model what it likes: answer, measure, save. For a run that is
    validated, saved and resumed take ``run``.
    """
    if not settings.steps:
        raise RecipeError("`training.steps` must be at least 1 here, but is 0. Say how many.")
    learner = Learner(model, settings, targets=targets)
    left = iter(batches)
    for step in range(1, settings.steps + 1):
        chosen = list(islice(left, settings.accumulate))
        if not chosen:
            return
        yield learner.learn(chosen, step=step, rate=settings.rate_at(step, steps=settings.steps))


def _names(objectives: Sequence[Objective]) -> list[str]:
    """What the objectives are called in a log: those that would be called alike are numbered."""
    names = [name_of(objective) for objective in objectives]
    return [
        name if names.count(name) == 1 else f"{name}_{names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]

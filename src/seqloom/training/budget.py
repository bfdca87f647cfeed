"""From a budget of seconds to a number of steps, so that the schedule ends when the time does."""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch

from seqloom.core.errors import RecipeError
from seqloom.core.logging import logger
from seqloom.training.checkpoints import TrainerState, save_checkpoint
from seqloom.training.plan import Plan, steps_between_validations
from seqloom.training.randomness import steadied
from seqloom.training.trainer import Trainer
from seqloom.training.validation import Validate

__all__ = ["make_plan", "tokens_per_second"]

T = TypeVar("T")

_WARM = 2
"""First steps that are slower than the rest: memory is found, algorithms are chosen."""
_FEWEST, _MOST = 5, 200
"""Steps that are timed."""
_TIMED = Plan(steps=_WARM + _MOST, validate_every=_WARM + _MOST, epochs=0.0)
_GLANCE = 1.5
"""Seconds for which steps are timed where only their order of magnitude counts."""
_SHARE = 0.04
"""Of the budget that timing may take, unless the fewest steps take more."""
_VALIDATING = 0.1
"""Of the budget that validations may take, where their number is not set."""
_VALIDATIONS = 20
_TOO_FEW = 20
"""Steps that teach nothing."""
_SPARE = 0.03
"""Of the budget that is left free: a machine is not always as fast as when it was timed."""


def make_plan(
    trainer: Trainer, *, seconds: float | None = None, validate: Validate | None = None, folder: Path | None = None
) -> Plan:
    """The plan of a run that has not begun: by its settings, and within ``seconds`` of training if they are given.

    With them, some real steps are timed, one validation, and one checkpoint if there is a ``folder``; then everything
    is put back as it was. ``validate`` should take as long as it will take later in the run. The time this takes is the
    budget's too. Without them nothing is timed, and the run begins sooner: what its first steps took says how long it
    will be.
    """
    settings, stream = trainer.settings, trainer.stream
    limit = settings.steps_within(stream.batches_per_epoch)
    per_epoch = stream.batches_per_epoch / settings.accumulate
    if seconds is not None:
        return _within(trainer, seconds, validate, folder, limit=limit, per_epoch=per_epoch)
    if limit is None:
        raise RecipeError(
            "the training must have an end, but neither `training.steps`, `training.epochs` nor a budget is set. "
            "Set one of them."
        )
    every = settings.validate_every or steps_between_validations(limit, steps_per_epoch=per_epoch)
    return Plan(steps=limit, validate_every=every, epochs=limit / per_epoch)


def _within(
    trainer: Trainer,
    seconds: float,
    validate: Validate | None,
    folder: Path | None,
    *,
    limit: int | None,
    per_epoch: float,
) -> Plan:
    begun = time.perf_counter()
    settings = trainer.settings
    with steadied(deterministic=settings.deterministic, threads=settings.threads):
        cost = _measure(trainer, seconds, validate, folder)
    left = (1 - _SPARE) * (seconds - (time.perf_counter() - begun))
    left -= cost.save * (1 + left / settings.save_seconds)
    left -= cost.validation * (settings.average > 1)
    pause = cost.validation + cost.save
    if settings.validate_every:
        every = settings.validate_every
        steps = int(left / (cost.step + pause / every))
    else:
        pauses = min(_VALIDATIONS, max(1, int(_VALIDATING * left / pause))) if pause else _VALIDATIONS
        steps = int((left - pauses * pause) / cost.step)
        every = 0
    if steps < _TOO_FEW:
        enough = "a step" if steps <= 1 else f"{steps} steps"
        logger.warning("The budget leaves %.0f s, enough for %s only. Give it more.", max(0.0, seconds), enough)
    steps = max(1, steps if limit is None else min(steps, limit))
    every = every or max(math.ceil(steps / pauses), steps_between_validations(steps, steps_per_epoch=per_epoch))
    plan = Plan(
        steps=steps,
        validate_every=every,
        epochs=steps / per_epoch,
        step_seconds=cost.step,
        validation_seconds=cost.validation,
        save_seconds=cost.save,
        peak_bytes=_peak_bytes(trainer.learner.device),
    )
    return replace(plan, seconds=steps * cost.step + plan.validations * pause)


def tokens_per_second(trainer: Trainer) -> float:
    """How many target tokens a trainer that nobody needs afterwards learns in a second."""
    trainer.plan = _TIMED
    settings = trainer.settings
    with steadied(deterministic=settings.deterministic, threads=settings.threads):
        _, tokens, taken = _steps(trainer, _GLANCE)
    return tokens / taken


def _steps(trainer: Trainer, seconds: float) -> tuple[int, int, float]:
    """So many steps, their target tokens and their time, for about so long."""
    for _ in range(_WARM):
        trainer.advance()
    steps, tokens, taken = 0, 0, 0.0
    while steps < _FEWEST or (taken < seconds and steps < _MOST):
        step_seconds, progress = _timed(trainer.advance, trainer.learner.device)
        steps, tokens, taken = steps + 1, tokens + progress.tokens, taken + step_seconds
    return steps, tokens, taken


@dataclass(frozen=True, kw_only=True)
class _Cost:
    """Seconds."""

    step: float
    validation: float
    save: float


def _measure(trainer: Trainer, seconds: float, validate: Validate | None, folder: Path | None) -> _Cost:
    """What a step, a validation and a checkpoint take. The trainer stands where it stood, afterwards."""
    trainer.plan = _TIMED
    before = _copied(trainer.state())
    try:
        steps, _, taken = _steps(trainer, _SHARE * seconds)
        validation = 0.0
        if validate is not None:
            validation, _ = _timed(lambda: trainer.validate(validate), trainer.learner.device)
        return _Cost(step=taken / steps, validation=validation, save=_time_of_saving(trainer, folder))
    finally:
        trainer.restore(before)
        trainer.learner.trainee.zero_grad()
        trainer.plan = None


def _time_of_saving(trainer: Trainer, folder: Path | None) -> float:
    if folder is None:
        return 0.0
    place = folder / ".timing"
    try:
        seconds, _ = _timed(lambda: save_checkpoint(place, trainer.state()), trainer.learner.device)
        return seconds
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _timed(what: Callable[[], T], device: torch.device) -> tuple[float, T]:
    begun = time.perf_counter()
    found = what()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - begun, found


def _copied(state: TrainerState) -> TrainerState:
    tensors = {
        file: {name: tensor.to("cpu", copy=True) for name, tensor in named.items()}
        for file, named in state.tensors.items()
    }
    return replace(state, tensors=tensors)


def _peak_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

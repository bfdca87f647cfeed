"""A run from its beginning, or from where it stopped, to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from seqloom.core.errors import TrainingError
from seqloom.core.logging import logger
from seqloom.training.averages import Weights, mean_weights, put_weights, weights_of
from seqloom.training.checkpoints import newest_checkpoint, read_checkpoint, save_checkpoint
from seqloom.training.events import Chosen, Event, Recovered, Saved, Stepped, Stopped, StopReason, Validated
from seqloom.training.interrupts import Interrupts
from seqloom.training.log import Log, LoggingSettings, opened_log
from seqloom.training.loop import LostError
from seqloom.training.randomness import steadied
from seqloom.training.trainer import Trainer
from seqloom.training.validation import Validate

__all__ = ["resume", "run"]


def resume(trainer: Trainer, folder: Path) -> bool:
    """Stand where the newest whole checkpoint in the folder was taken; False where there is none."""
    state = newest_checkpoint(folder)
    if state is None:
        return False
    try:
        trainer.restore(state)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{folder}: the checkpoint of step {state.step} does not fit the recipe ({str(error).splitlines()[0]}). "
            f"Train on with the recipe that it was made with, or choose another folder."
        ) from error
    return True


def run(
    trainer: Trainer,
    folder: Path,
    *,
    validate: Validate | None = None,
    logging: LoggingSettings | None = None,
) -> Iterator[Event]:
    """Train by the trainer's plan and tell of everything as it happens.

    What is lost by a kill at any instant is time alone: the run that ``resume`` goes on with comes to the same weights,
    bit for bit on the same kind of processor with as many threads. After ``Stopped``, unless it was interrupted, the
    model has its final weights: the best validated ones, or the mean of the last if that is better.
    """
    assert trainer.plan is not None, "a run needs a plan: make_plan or resume"
    settings = trainer.settings
    folder.mkdir(parents=True, exist_ok=True)
    with (
        steadied(deterministic=settings.deterministic, threads=settings.threads),
        opened_log(folder, logging or LoggingSettings(), step=trainer.step) as log,
        Interrupts() as interrupts,
    ):
        for event in _Run(trainer, folder, validate, log, interrupts).events():
            log.write(event)
            yield event


class _Run:
    """A trainer, the folder it saves to, and how it is validated."""

    def __init__(
        self, trainer: Trainer, folder: Path, validate: Validate | None, log: Log, interrupts: Interrupts
    ) -> None:
        self.trainer = trainer
        self.folder = folder
        self.validate = validate
        self.log = log
        self.interrupts = interrupts
        self.saved_at = time.perf_counter()
        self.saved_step = trainer.step

    def events(self) -> Iterator[Event]:
        trainer = self.trainer
        assert trainer.plan is not None
        if trainer.step == 0:
            yield self._save()  # what the first recovery goes back to
        while trainer.stopped is None:
            if trainer.due:
                try:
                    yield from self._milestone()
                except KeyboardInterrupt:
                    break
            if trainer.stopped is None and trainer.step < trainer.plan.steps:
                if self.interrupts.wanted:
                    break
                yield self._advance()
                if self._save_is_due():
                    yield self._save()
        if trainer.stopped is None:
            if self.saved_step != trainer.step:
                yield self._save()
            yield self._interrupted()
        else:
            yield from self._finish(trainer.stopped)

    def _advance(self) -> Event:
        trainer = self.trainer
        begun = time.perf_counter()
        try:
            progress = trainer.advance()
        except LostError as error:
            return self._recover(error)
        finally:
            trainer.seconds += time.perf_counter() - begun
        return Stepped(
            progress=progress, smoothed=trainer.monitor.mean, epoch=trainer.stream.epoch, seconds=trainer.seconds
        )

    def _milestone(self) -> Iterator[Event]:
        """A validation where there is one, and a checkpoint."""
        trainer = self.trainer
        assert trainer.plan is not None
        if self.validate is not None:
            begun = time.perf_counter()
            with self.interrupts.at_once():
                validation, best = trainer.validate(self.validate)
            taken = time.perf_counter() - begun
            trainer.seconds += taken
            yield Validated(
                step=trainer.step, epoch=trainer.stream.epoch, validation=validation, best=best, seconds=taken
            )
        trainer.reach_milestone()
        patience = trainer.settings.patience
        if trainer.step == trainer.plan.steps:
            trainer.stopped = "steps"
        elif patience and trainer.scores.since_best >= patience:
            trainer.stopped = "patience"
        yield self._save()

    def _recover(self, error: LostError) -> Recovered:
        trainer = self.trainer
        if trainer.attempts >= trainer.settings.retries:
            tried = (
                f" It was lost {trainer.attempts} times before since step {trainer.good}." if trainer.attempts else ""
            )
            raise TrainingError(f"{error}{tried}") from error
        trainer.recover(read_checkpoint(self.folder, trainer.good))
        return Recovered(step=trainer.step, restored=trainer.good, what=str(error), factor=trainer.factor)

    def _save_is_due(self) -> bool:
        settings = self.trainer.settings
        if self.trainer.due:
            return False  # the validation saves
        by_steps = settings.save_every and self.trainer.step % settings.save_every == 0
        return bool(by_steps) or time.perf_counter() - self.saved_at >= settings.save_seconds

    def _save(self) -> Saved:
        trainer = self.trainer
        begun = time.perf_counter()
        self.log.flush()  # a checkpoint must not be ahead of the log: what it lacks is never logged again
        path = save_checkpoint(self.folder, trainer.state(), keep=self._wanted())
        self.saved_at, self.saved_step = time.perf_counter(), trainer.step
        trainer.seconds += self.saved_at - begun
        return Saved(step=trainer.step, path=path)

    def _wanted(self) -> set[int]:
        """The steps whose checkpoints will be asked for again."""
        trainer = self.trainer
        averaged = trainer.milestones if trainer.settings.average > 1 else []
        best = [] if trainer.scores.best_step is None else [trainer.scores.best_step]
        return {trainer.good, *averaged, *best}

    def _finish(self, reason: StopReason) -> Iterator[Event]:
        """Give the model its final weights: the best, or the mean of the last if no validation finds it worse."""
        trainer = self.trainer
        best, best_step = trainer.scores.best, trainer.scores.best_step
        chosen: Chosen = "last"
        if trainer.learner.average is not None:
            put_weights(trainer.model, trainer.learner.average.weights)
        if best_step is not None:
            kept = [] if best_step == trainer.step else self._kept([best_step])
            chosen = "best" if kept or best_step == trainer.step else "last"
            for weights in kept:
                put_weights(trainer.model, weights)
        several = self._kept(trainer.milestones) if trainer.settings.average > 1 else []
        if len(several) > 1:
            before = {name: tensor.clone() for name, tensor in weights_of(trainer.model).items()}
            put_weights(trainer.model, mean_weights(several))
            chosen = "average"
            if self.validate is not None:
                try:
                    with self.interrupts.at_once():
                        validation = trainer.ask(self.validate)
                except KeyboardInterrupt:
                    yield self._interrupted()
                    return
                if validation.beats(best):
                    best, best_step = validation.score, trainer.step
                else:
                    put_weights(trainer.model, before)
                    chosen = "last" if best_step is None else "best"
        trainer.model.eval()
        yield Stopped(step=trainer.step, reason=reason, chosen=chosen, best=best, best_step=best_step)

    def _kept(self, steps: Sequence[int]) -> list[Weights]:
        """What was validated at these steps; without those whose checkpoint is damaged."""
        found: list[Weights] = []
        for step in steps:
            try:
                tensors = read_checkpoint(self.folder, step).tensors
            except TrainingError as error:
                logger.warning("%s Its weights are left out.", error)
                continue
            found.append({**tensors["weights"], **tensors.get("average", {})})
        return found

    def _interrupted(self) -> Stopped:
        trainer = self.trainer
        best, best_step = trainer.scores.best, trainer.scores.best_step
        return Stopped(step=trainer.step, reason="interrupted", chosen="last", best=best, best_step=best_step)

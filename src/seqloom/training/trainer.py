"""A run as it stands at one moment: what learns, where the data stands, and what was seen so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Objective
from seqloom.training.averages import put_weights, weights_of
from seqloom.training.checkpoints import TrainerState
from seqloom.training.events import StopReason
from seqloom.training.loop import Learner, LostError, Progress
from seqloom.training.monitor import Monitor
from seqloom.training.objectives import Targets
from seqloom.training.plan import Plan
from seqloom.training.randomness import seed_for
from seqloom.training.settings import TrainingSettings
from seqloom.training.streams import BatchStream
from seqloom.training.validation import Scoreboard, Validate, Validation

__all__ = ["Trainer"]


class Trainer:
    """Steps, one after the other, by a plan; ``state`` and ``restore`` are all of it."""

    def __init__(
        self,
        model: EncoderDecoder,
        settings: TrainingSettings,
        stream: BatchStream,
        *,
        device: torch.device | None = None,
        objectives: Sequence[Objective] | None = None,
        targets: Targets | None = None,
        tasks: Mapping[str, Targets] | None = None,
    ) -> None:
        self.model = model
        self.settings = settings
        self.stream = stream
        self.learner = Learner(
            model, settings, device=device, objectives=objectives, targets=targets, tasks=tasks or {}
        )
        self.plan: Plan | None = None
        self.step = 0
        self.seconds = 0.0
        """Of training so far, pauses left out."""
        self.monitor = Monitor()
        self.scores = Scoreboard()
        self.milestones: list[int] = []
        """The last steps at which a validation was due: as many as are to be averaged."""
        self.good = 0
        """The step whose weights are gone back to when the loss is lost."""
        self.recoveries = 0
        self.attempts = 0
        """Recoveries since the good step."""
        self.stopped: StopReason | None = None

    @property
    def history(self) -> list[dict[str, Any]]:
        """What each validation found."""
        return self.scores.history

    @property
    def factor(self) -> float:
        """What recoveries have left of the rate: half of it each."""
        return 0.5**self.recoveries

    @property
    def rate(self) -> float:
        """Of the present step."""
        assert self.plan is not None, "a run needs a plan: make_plan or restore"
        planned = self.settings.rate_at(self.step, steps=self.plan.steps)
        return planned * self.scores.factor * self.factor

    @property
    def due(self) -> bool:
        """Whether a validation is due now, and was not made."""
        assert self.plan is not None
        reached = self.step == self.plan.steps or self.step % self.plan.validate_every == 0
        return self.step > 0 and reached and self.step not in self.milestones

    def advance(self) -> Progress:
        """One step. A LostError leaves the weights as they were, and the data where it goes on."""
        batches = [next(self.stream) for _ in range(self.settings.accumulate)]
        self.step += 1
        progress = self.learner.learn(batches, step=self.step, rate=self.rate)
        if self.monitor.see(progress.loss):
            raise LostError(
                f"step {self.step}: the loss was {self.monitor.best:.3g} at its best, and is {self.monitor.mean:.3g} "
                f"for {self.monitor.high} steps. {self.settings.remedy}"
            )
        return progress

    def validate(self, validate: Validate) -> tuple[Validation, bool]:
        """What the model reaches, with its averaged weights if there are any; and whether that is the best so far."""
        with self.answering():
            validation = self.ask(validate)
        best = self.scores.see(validation, step=self.step, epoch=self.stream.epoch, schedule=self.settings.schedule)
        return validation, best

    def ask(self, validate: Validate) -> Validation:
        """A validation of the weights that the model has now; no step notices it."""
        seed_for(self.settings.seed, self.step, "validation")
        self.model.eval()
        with torch.no_grad():
            return validate(self.model)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While open, the model is as it answers: in evaluation mode, with its averaged weights if there are any."""
        self.model.eval()
        if self.learner.average is None:
            yield
        else:
            with self.learner.average.in_the_model():
                yield

    def reach_milestone(self) -> None:
        """Where it stands now it may come back to, unless the loss is just about to be lost."""
        self.milestones = [*self.milestones, self.step][-max(1, self.settings.average) :]
        if self.monitor.high == 0:
            self.good, self.attempts = self.step, 0

    def state(self) -> TrainerState:
        """Everything. The tensors are not copied: who keeps them while it trains on must do so."""
        assert self.plan is not None
        tensors: dict[str, dict[str, Tensor]] = {"weights": weights_of(self.model), "optimizer": {}}
        plain: list[list[Any]] = []
        for number, optimizer in enumerate(self.learner.optimizers):
            for parameter, entries in optimizer.state_dict()["state"].items():
                for name, value in entries.items():
                    if isinstance(value, Tensor):
                        tensors["optimizer"][f"{number}.{parameter}.{name}"] = value
                    else:
                        plain.append([number, parameter, name, value])
        if self.learner.average is not None:
            tensors["average"] = dict(self.learner.average.weights)
        data = {
            "step": self.step,
            "seconds": self.seconds,
            "plan": asdict(self.plan),
            "stream": self.stream.position(),
            "monitor": self.monitor.to_data(),
            "scores": self.scores.to_data(),
            "milestones": self.milestones,
            "good": self.good,
            "recoveries": self.recoveries,
            "attempts": self.attempts,
            "stopped": self.stopped,
            "optimizer": plain,
        }
        return TrainerState(step=self.step, tensors=tensors, data=data)

    def restore(self, state: TrainerState) -> None:
        """Stand where ``state`` was taken."""
        data = state.data
        self.restore_weights(state)
        self.step, self.seconds, self.stopped = data["step"], data["seconds"], data["stopped"]
        self.plan = Plan(**data["plan"])
        self.stream.seek(data["stream"])
        self.monitor = Monitor.from_data(data["monitor"])
        self.scores = Scoreboard.from_data(data["scores"])
        self.milestones, self.good = list(data["milestones"]), data["good"]
        self.recoveries, self.attempts = data["recoveries"], data["attempts"]

    def restore_weights(self, state: TrainerState) -> None:
        """Only what learns: the weights, their average and the optimiser's memory of gradients."""
        put_weights(self.model, state.tensors["weights"])
        if self.learner.average is not None:
            self.learner.average.put(state.tensors["average"])
        entries: list[dict[int, dict[str, Any]]] = [{} for _ in self.learner.optimizers]
        for key, tensor in state.tensors["optimizer"].items():
            number, parameter, name = key.split(".", 2)
            entries[int(number)].setdefault(int(parameter), {})[name] = tensor
        for number, parameter, name, value in state.data["optimizer"]:
            entries[number].setdefault(parameter, {})[name] = value
        for optimizer, found in zip(self.learner.optimizers, entries, strict=True):
            optimizer.load_state_dict({"state": found, "param_groups": optimizer.state_dict()["param_groups"]})

    def recover(self, state: TrainerState) -> None:
        """Go on from the weights of a good state: at the present step, with the data that follows, at half the rate.

        The step and the data are not turned back: the run keeps its length, and does not meet the same batch again.
        """
        self.restore_weights(state)
        self.monitor.forget()
        self.recoveries += 1
        self.attempts += 1

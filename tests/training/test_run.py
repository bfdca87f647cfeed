"""A run: what it tells, when it ends, and the weights that it leaves."""

import math
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqloom.core.errors import RecipeError, TrainingError
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.training.averages import mean_weights
from seqloom.training.checkpoints import checkpoint_steps, read_checkpoint
from seqloom.training.events import Recovered, Saved, Stepped, Stopped, Validated
from seqloom.training.plan import steps_between_validations
from seqloom.training.run import resume, run
from seqloom.training.schedules import PlateauScheduleSettings
from seqloom.training.settings import TrainingSettings
from seqloom.training.validation import Validation

from .models import model
from .runs import copied, events_of, loss_of, of_kind, same, saying, trainer

SETTINGS = TrainingSettings(steps=12, rate=1e-2, warmup=2, validate_every=3)


def test_what_it_tells(tmp_path: Path) -> None:
    events = events_of(SETTINGS, tmp_path, validate=loss_of)
    assert [event.progress.step for event in of_kind(Stepped, events)] == list(range(1, 13))
    assert [event.step for event in of_kind(Validated, events)] == [3, 6, 9, 12]
    assert [event.step for event in of_kind(Saved, events)] == [0, 3, 6, 9, 12]
    assert all(event.best for event in of_kind(Validated, events)), "the loss falls"
    end = events[-1]
    assert isinstance(end, Stopped)
    assert (end.step, end.reason, end.chosen, end.best_step) == (12, "steps", "best", 12)
    stepped = of_kind(Stepped, events)[-1]
    assert stepped.epoch == 2.0
    assert stepped.progress.rate == 0.0, "the schedule ends with the run"


def test_epochs_end_it(tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=0, epochs=2.5, accumulate=2, validate_every=0)
    made = trainer(settings)
    assert made.plan is not None
    assert (made.plan.steps, made.plan.epochs) == (8, pytest.approx(8 / 3))
    last = of_kind(Stepped, list(run(made, tmp_path)))[-1]
    assert (last.progress.step, last.progress.rate) == (8, 0.0)


def test_the_least_limit_counts() -> None:
    assert SETTINGS.steps_within(6) == 12
    assert replace(SETTINGS, epochs=1.0).steps_within(6) == 6
    assert replace(SETTINGS, epochs=9.0).steps_within(6) == 12


def test_it_must_have_an_end() -> None:
    with pytest.raises(RecipeError, match=r"the training must have an end, but neither `training\.steps`"):
        trainer(TrainingSettings())


@pytest.mark.parametrize(
    ("steps", "per_epoch", "every"),
    [(1000, 50, 50), (1000, 500, 100), (1000, 3, 20), (5, 100, 1), (40_000, 1700, 1700)],
)
def test_how_often_it_is_validated_by_itself(steps: int, per_epoch: int, every: int) -> None:
    assert steps_between_validations(steps, steps_per_epoch=per_epoch) == every


def test_patience_ends_it_and_the_best_weights_are_kept(tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=60, patience=2)
    seen: list[dict[str, torch.Tensor]] = []
    scores = iter([0.1, 0.5, 0.4, 0.3, 0.9])

    def validate(network: EncoderDecoder) -> Validation:
        seen.append(copied(network))
        return Validation(score=next(scores), higher_is_better=True)

    made = trainer(settings)
    events = list(run(made, tmp_path, validate=validate))
    end = events[-1]
    assert isinstance(end, Stopped)
    assert (end.step, end.reason, end.chosen, end.best, end.best_step) == (12, "patience", "best", 0.5, 6)
    assert same(copied(made.model), seen[1])
    assert not made.model.training
    assert 6 in checkpoint_steps(tmp_path)
    assert [entry["best"] for entry in made.history] == [True, True, False, False]
    # Who resumes a run that has ended gets its end again, and the same weights.
    again = trainer(settings)
    assert resume(again, tmp_path)
    assert [type(event) for event in run(again, tmp_path, validate=validate)] == [Stopped]
    assert same(copied(again.model), seen[1])


def test_lower_may_be_better(tmp_path: Path) -> None:
    scores = iter([5.0, math.nan, 3.0, 4.0])
    events = events_of(SETTINGS, tmp_path, validate=lambda _: Validation(score=next(scores), higher_is_better=False))
    assert [event.best for event in of_kind(Validated, events)] == [True, False, True, False]


def test_the_rate_waits_for_a_plateau(tmp_path: Path) -> None:
    schedule = PlateauScheduleSettings(factor=0.5, patience=1, lowest=0.2)
    settings = replace(SETTINGS, steps=27, schedule=schedule)
    scores = (0.5, 0.4, 0.4, 0.6, 0.1, 0.1, 0.1, 0.1, 0.1)
    events = events_of(settings, tmp_path, validate=saying(*scores))
    rates = {event.progress.step: event.progress.rate for event in of_kind(Stepped, events)}
    shares = [rates[step] / settings.rate for step in (2, 3, 9, 10, 13, 18, 19, 24, 25)]
    assert shares == pytest.approx([1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2])


def test_a_validation_sees_averaged_weights_without_dropout_and_gradients(tmp_path: Path) -> None:
    made = trainer(replace(SETTINGS, ema=0.9))
    seen = []

    def validate(network: EncoderDecoder) -> Validation:
        assert not network.training
        assert not torch.is_grad_enabled()
        seen.append(copied(network))
        return Validation(score=float(len(seen)), higher_is_better=True)

    for event in run(made, tmp_path, validate=validate):
        if isinstance(event, Validated):
            assert made.learner.average is not None
            assert same(seen[-1], made.learner.average.weights)
            assert not same(seen[-1], copied(made.model)), "it learns from its own"
    assert same(copied(made.model), seen[-1]), "in the end it has the average"


def test_with_a_moving_average_the_best_is_the_average_of_then(tmp_path: Path) -> None:
    made = trainer(replace(SETTINGS, ema=0.9))
    kept: dict[int, dict[str, torch.Tensor]] = {}
    scores = iter([0.1, 0.9, 0.2, 0.3])

    def validate(network: EncoderDecoder) -> Validation:
        kept[made.step] = copied(network)
        return Validation(score=next(scores), higher_is_better=True)

    list(run(made, tmp_path, validate=validate))
    assert same(copied(made.model), kept[6])


@pytest.mark.parametrize(("last", "chosen", "step"), [(0.95, "average", 12), (0.8, "best", 6)])
def test_the_mean_of_the_last_is_tried(tmp_path: Path, last: float, chosen: str, step: int) -> None:
    settings = replace(SETTINGS, average=3)
    made = trainer(settings)
    list_of_events = list(run(made, tmp_path, validate=saying(0.1, 0.9, 0.2, 0.3, last)))
    end = list_of_events[-1]
    assert isinstance(end, Stopped)
    assert (end.chosen, end.best_step) == (chosen, step)
    weights = {each: read_checkpoint(tmp_path, each).tensors["weights"] for each in (6, 9, 12)}
    expected = mean_weights(list(weights.values())) if chosen == "average" else weights[6]
    assert same(copied(made.model), expected)


def test_without_a_validation_the_mean_is_taken(tmp_path: Path) -> None:
    made = trainer(replace(SETTINGS, average=2))
    end = list(run(made, tmp_path))[-1]
    assert isinstance(end, Stopped)
    assert (end.chosen, end.best) == ("average", None)
    assert same(copied(made.model), mean_weights([read_checkpoint(tmp_path, n).tensors["weights"] for n in (9, 12)]))


def test_it_is_saved_every_so_many_steps_and_seconds(tmp_path: Path) -> None:
    events = events_of(replace(SETTINGS, save_every=2), tmp_path / "steps")
    assert [event.step for event in of_kind(Saved, events)] == [0, 2, 3, 4, 6, 8, 9, 10, 12]
    events = events_of(replace(SETTINGS, save_seconds=1e-9), tmp_path / "seconds")
    assert [event.step for event in of_kind(Saved, events)] == list(range(13))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_between_steps_saves_and_resumes(tmp_path: Path, number: int) -> None:
    whole = trainer(SETTINGS)
    list(run(whole, tmp_path / "whole", validate=loss_of))
    before = signal.getsignal(number)
    made = trainer(SETTINGS)
    events = []
    for event in run(made, tmp_path / "cut", validate=loss_of):
        events.append(event)
        if isinstance(event, Stepped) and event.progress.step == 7:
            os.kill(os.getpid(), number)
    assert [type(event) for event in events[-2:]] == [Saved, Stopped]
    assert events[-1] == Stopped(step=7, reason="interrupted", chosen="last", best=made.scores.best, best_step=6)
    assert signal.getsignal(number) is before
    again = trainer(SETTINGS)
    assert resume(again, tmp_path / "cut")
    assert again.step == 7
    assert [type(e) for e in run(again, tmp_path / "cut", validate=loss_of)][-1] is Stopped
    assert same(copied(again.model), copied(whole.model))


def test_an_interrupt_strikes_a_validation_at_once_and_it_is_made_again(tmp_path: Path) -> None:
    calls = []

    def validate(network: EncoderDecoder) -> Validation:
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGINT)
            raise AssertionError("it goes on after the interrupt")
        return loss_of(network)

    settings = replace(SETTINGS, ema=0.5)
    made = trainer(settings)
    events = list(run(made, tmp_path / "cut", validate=validate))
    end = events[-1]
    assert isinstance(end, Stopped)
    assert (end.step, end.reason) == (6, "interrupted")
    again = trainer(settings)
    assert resume(again, tmp_path / "cut")
    events = list(run(again, tmp_path / "cut", validate=validate))
    assert [event.step for event in of_kind(Validated, events)] == [6, 9, 12]
    whole = trainer(settings)
    list(run(whole, tmp_path / "whole", validate=loss_of))
    assert same(copied(again.model), copied(whole.model))
    assert again.history == whole.history


def test_what_a_caller_or_a_validation_draws_changes_nothing(tmp_path: Path) -> None:
    def validate(network: EncoderDecoder) -> Validation:
        torch.rand(17)
        return loss_of(network)

    quiet, noisy = trainer(SETTINGS), trainer(SETTINGS)
    list(run(quiet, tmp_path / "quiet"))
    for _ in run(noisy, tmp_path / "noisy", validate=validate):
        torch.rand(3)
        torch.manual_seed(5)
    assert same(copied(quiet.model), copied(noisy.model))


def test_another_models_checkpoint_is_refused(tmp_path: Path) -> None:
    list(run(trainer(SETTINGS), tmp_path))
    other = trainer(SETTINGS, model("recurrent"))
    with pytest.raises(TrainingError, match="the checkpoint of step 12 does not fit the recipe") as error:
        resume(other, tmp_path)
    assert "\n" not in str(error.value)


def test_nothing_to_resume(tmp_path: Path) -> None:
    assert not resume(trainer(SETTINGS), tmp_path)


def test_threads_are_as_set_and_as_before(tmp_path: Path) -> None:
    before, seen = torch.get_num_threads(), set()
    for event in run(trainer(replace(SETTINGS, threads=3, deterministic=True)), tmp_path):
        seen.add((torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()))
        assert not isinstance(event, Recovered)
    assert seen == {(3, True)}
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == (before, False)

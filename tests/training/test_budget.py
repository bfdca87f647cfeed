"""A budget becomes a number of steps, and what was timed leaves no trace."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.training.budget import make_plan
from seqloom.training.events import Stopped
from seqloom.training.plan import Plan
from seqloom.training.run import resume, run
from seqloom.training.settings import TrainingSettings
from seqloom.training.validation import Validation

from .runs import copied, loss_of, same, trainer

SETTINGS = TrainingSettings(rate=1e-2, ema=0.9, average=2)


def test_what_was_timed_leaves_no_trace(tmp_path: Path) -> None:
    made, untouched = trainer(SETTINGS, planned=False), trainer(SETTINGS, planned=False)
    begun = copied(made.model)
    plan = make_plan(made, seconds=2.0, validate=loss_of, folder=tmp_path)
    assert same(copied(made.model), begun)
    assert not list(tmp_path.iterdir())
    made.plan = untouched.plan = replace(plan, steps=9, validate_every=3)
    list(run(made, tmp_path / "a", validate=loss_of))
    list(run(untouched, tmp_path / "b", validate=loss_of))
    assert same(copied(made.model), copied(untouched.model))
    assert made.history == untouched.history
    assert made.monitor == untouched.monitor


def test_the_run_takes_about_the_budget(tmp_path: Path) -> None:
    """Validations and checkpoints with it. A busy machine may be slower later than when it was timed."""
    budget = 1.5
    begun = time.perf_counter()
    made = trainer(replace(SETTINGS, threads=1), planned=False)
    made.plan = make_plan(made, seconds=budget, validate=loss_of, folder=tmp_path)
    end = list(run(made, tmp_path, validate=loss_of))[-1]
    taken = time.perf_counter() - begun
    assert isinstance(end, Stopped)
    assert end.reason == "steps"
    assert 0.4 * budget < taken < 2 * budget
    assert made.plan.seconds is not None
    assert made.plan.seconds < budget


def test_a_slow_validation_is_made_seldom_and_has_its_share() -> None:
    def slow(network: EncoderDecoder) -> Validation:
        until = time.perf_counter() + 0.2
        while time.perf_counter() < until:
            torch.ones(1)
        return Validation(score=0.0, higher_is_better=True)

    quick_plan = make_plan(trainer(SETTINGS, planned=False), seconds=6.0, validate=loss_of)
    slow_plan = make_plan(trainer(SETTINGS, planned=False), seconds=6.0, validate=slow)
    assert slow_plan.validations <= 3
    assert quick_plan.validations > slow_plan.validations
    assert slow_plan.validation_seconds == pytest.approx(0.2, rel=0.3)
    assert slow_plan.seconds is not None
    assert slow_plan.seconds < 6.0


def test_steps_and_epochs_limit_it_too() -> None:
    made = trainer(replace(SETTINGS, epochs=1.0), planned=False)
    plan = make_plan(made, seconds=10.0)
    assert (plan.steps, plan.epochs) == (6, 1.0)
    assert plan.seconds is not None
    assert plan.seconds < 10
    assert plan.peak_bytes is None or plan.peak_bytes > 10**7


def test_a_budget_that_is_over_still_makes_a_step() -> None:
    assert make_plan(trainer(SETTINGS, planned=False), seconds=-5.0).steps == 1


def test_the_warmup_fits_into_few_steps() -> None:
    plan = Plan(steps=40, validate_every=10, epochs=1.0)
    rates = [TrainingSettings(warmup=1000, rate=1.0).rate_at(step, steps=plan.steps) for step in range(1, 41)]
    assert rates.index(max(rates)) == 9
    assert rates[-1] == 0.0


def test_the_plan_is_kept_and_never_made_again(tmp_path: Path) -> None:
    made = trainer(SETTINGS, planned=False)
    made.plan = replace(make_plan(made, seconds=1.0), steps=5, validate_every=5)
    list(run(made, tmp_path))
    again = trainer(SETTINGS, planned=False)
    assert resume(again, tmp_path)
    assert again.plan == made.plan

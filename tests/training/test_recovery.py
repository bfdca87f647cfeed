"""A loss that is lost: back to the good weights, on with other data, at half the rate; and in the end given up."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqloom.core.errors import TrainingError
from seqloom.nn.contracts import Batch
from seqloom.training.budget import make_plan
from seqloom.training.checkpoints import read_checkpoint
from seqloom.training.events import Recovered, Stepped, Stopped
from seqloom.training.loop import LostError
from seqloom.training.monitor import Monitor
from seqloom.training.run import resume, run
from seqloom.training.settings import TrainingSettings
from seqloom.training.streams import RepeatedBatches
from seqloom.training.trainer import Trainer

from .models import TASK, batches, model
from .runs import copied, loss_of, of_kind, same

SETTINGS = TrainingSettings(steps=20, rate=1e-2, warmup=0, validate_every=4)


def spoilt_at(*places: int) -> RepeatedBatches:
    """Batches of which some have a target that cannot be said."""

    def epoch(number: int) -> list[Batch]:
        chosen = list(islice(batches(8), 20))
        for place in places:
            chosen[place].target_BT[0, 1] = TASK.vocabulary.pad
        return chosen

    return RepeatedBatches(epoch, batches_per_epoch=20)


def spoilt_trainer(settings: TrainingSettings, *places: int) -> Trainer:
    made = Trainer(model("small"), settings, spoilt_at(*places))
    made.plan = make_plan(made)
    return made


def test_it_goes_back_and_on(tmp_path: Path) -> None:
    made = spoilt_trainer(SETTINGS, 9)
    events = []
    for event in run(made, tmp_path, validate=loss_of):
        events.append(event)
        if isinstance(event, Recovered):
            good = read_checkpoint(tmp_path, 8)
            assert same(copied(made.model), good.tensors["weights"])
            assert made.stream.position()["given"] == 10, "the data goes on"
    (recovered,) = of_kind(Recovered, events)
    assert (recovered.step, recovered.restored, recovered.factor) == (10, 8, 0.5)
    assert recovered.what == "step 10: the loss is inf, because a target token has no probability. Clean the data."
    assert [event.progress.step for event in of_kind(Stepped, events)] == [*range(1, 10), *range(11, 21)]
    rates = {event.progress.step: event.progress.rate for event in of_kind(Stepped, events)}
    assert rates[9] == SETTINGS.rate_at(9, steps=20)
    assert rates[11] == SETTINGS.rate_at(11, steps=20) / 2
    assert isinstance(events[-1], Stopped)


def test_before_the_first_validation_it_goes_back_to_the_beginning(tmp_path: Path) -> None:
    made = spoilt_trainer(SETTINGS, 1)
    begun = copied(made.model)
    for event in run(made, tmp_path):
        if isinstance(event, Recovered):
            assert event.restored == 0
            assert same(copied(made.model), begun)
            assert not made.learner.optimizers[0].state, "as it was then"
            return
    raise AssertionError("nothing was recovered")


def test_it_gives_up(tmp_path: Path) -> None:
    """After three recoveries from one state, whatever the rate."""
    made = spoilt_trainer(replace(SETTINGS, validate_every=20), 4, 5, 8, 9)
    events = []
    with pytest.raises(TrainingError) as error:
        events.extend(run(made, tmp_path))
    line = str(error.value)
    assert line.startswith("step 10: the loss is inf, because a target token has no probability.")
    assert line.endswith("It was lost 3 times before since step 0.")
    assert made.factor == 0.125


def test_a_good_state_begins_the_count_anew(tmp_path: Path) -> None:
    made = spoilt_trainer(SETTINGS, 1, 2, 5, 6, 9, 10)
    events = list(run(made, tmp_path))
    assert len(of_kind(Recovered, events)) == 6
    assert [event.restored for event in of_kind(Recovered, events)] == [0, 0, 4, 4, 8, 8]


def test_without_retries_it_gives_up_at_once(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"^step 2: the loss is inf, because a target token has no probability\. C"):
        list(run(spoilt_trainer(replace(SETTINGS, retries=0), 1), tmp_path))


def test_a_recovery_is_the_same_after_a_pause(tmp_path: Path) -> None:
    whole = spoilt_trainer(SETTINGS, 9, 13)
    list(run(whole, tmp_path / "whole"))
    for stop in (10, 11):  # while it recovers, and a step later
        made = spoilt_trainer(replace(SETTINGS, save_every=1), 9, 13)
        folder = tmp_path / str(stop)
        events = run(made, folder)
        while made.step < stop:
            next(events)
        events.close()
        again = spoilt_trainer(replace(SETTINGS, save_every=1), 9, 13)
        assert resume(again, folder)
        list(run(again, folder))
        assert same(copied(again.model), copied(whole.model))
        assert again.recoveries == 2


def test_among_accumulated_batches_the_one_is_found() -> None:
    made = spoilt_trainer(replace(SETTINGS, accumulate=3), 2)

    def spoil(_module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        return output * float("nan") if len(args[0]) == 7 else output

    made.stream = RepeatedBatches(
        lambda _: [next(batches(8)), next(batches(8)), next(batches(7)), next(batches(8))], batches_per_epoch=4
    )
    made.model.encoder.layers[0].feed_forward.register_forward_hook(spoil)
    with pytest.raises(LostError, match=r"1: the loss is nan; `encoder\.layers\.0\.feed_forward` is the first module"):
        made.advance()


def test_a_run_that_diverges_is_brought_back(tmp_path: Path) -> None:
    """Weights are thrown about, every number is finite, and nothing is learnt any more."""
    settings = TrainingSettings(steps=150, rate=2e-2, warmup=0, validate_every=40)
    made = Trainer(model("small"), settings, RepeatedBatches(lambda _: islice(batches(), 10), batches_per_epoch=10))
    made.plan = make_plan(made)
    events = []
    for event in run(made, tmp_path):
        events.append(event)
        if isinstance(event, Stepped) and event.progress.step == 90:
            with torch.no_grad():
                for parameter in made.model.parameters():
                    parameter.copy_(torch.randn_like(parameter) * 3)
    (recovered,) = of_kind(Recovered, events)
    assert 110 <= recovered.step <= 125
    assert recovered.restored == 80
    assert "the loss was" in recovered.what
    losses = {event.progress.step: event.progress.loss for event in of_kind(Stepped, events)}
    assert losses[recovered.step + 1] < 1.3 * losses[80]


def losing(*losses: float) -> bool:
    monitor = Monitor()
    return max(list(map(monitor.see, losses)))


def test_what_is_divergence_and_what_is_not() -> None:
    falling = [9 * 0.97**step for step in range(150)]
    assert not losing(*falling)
    assert losing(*falling, *[6.0] * 60), "most of what was learnt is lost"
    assert not losing(*falling, *[2.0] * 200), "a loss near zero may be many times its best"
    assert not losing(*falling, *[9.0] * 5, *falling[-1:] * 50), "it sways"
    assert not losing(*[9.0, 9.4] * 200), "nothing was learnt, nothing is lost"
    assert losing(*[9.0] * 50, *[40.0] * 80)
    rising = [1 + step / 200 for step in range(300)]
    assert not losing(*falling, *rising), "harder by and by, as scheduled sampling makes it"


def test_it_is_not_noticed_while_the_mean_is_young() -> None:
    assert not losing(*[1.0] * 3, *[100.0] * 15)

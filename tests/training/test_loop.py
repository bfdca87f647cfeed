"""The loop, on models that take milliseconds."""

import tomllib
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

import pytest
import torch
from torch import nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse, to_toml
from seqloom.data.batches import make_batch
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.training.loop import train
from seqloom.training.optimizers import AdamSettings, SgdSettings
from seqloom.training.sampling import SigmoidSamplingSettings
from seqloom.training.schedules import PlateauScheduleSettings
from seqloom.training.settings import TrainingSettings

from .models import FAMILIES, TASK, batches, model

SETTINGS = TrainingSettings(steps=30, rate=1e-2, warmup=5)


def gradient_norm(network: nn.Module) -> float:
    gradients = [parameter.grad.flatten() for parameter in network.parameters() if parameter.grad is not None]
    return float(torch.cat(gradients).norm())


@pytest.mark.parametrize("family", FAMILIES)
def test_loss_falls(family: str) -> None:
    settings = replace(SETTINGS, steps=40)
    losses = [progress.loss for progress in train(model(family), batches(), settings)]
    assert len(losses) == settings.steps
    assert sum(losses[-5:]) / 5 < 0.8 * losses[0]


def test_tells_what_it_did() -> None:
    batch = next(batches())
    first = next(train(model(), [batch], SETTINGS))
    assert first.step == 1
    assert first.rate == pytest.approx(2e-3)
    assert first.tokens == batch.keep_BT.sum()


def test_the_steps_or_the_batches_end_it() -> None:
    assert [progress.step for progress in train(model(), islice(batches(), 3), SETTINGS)] == [1, 2, 3]


def test_a_long_gradient_is_shortened_and_keeps_its_direction() -> None:
    free, clipped = model("conv"), model("conv")  # without dropout
    norm = next(train(free, batches(), replace(SETTINGS, clip=0.0))).gradient_norm
    assert gradient_norm(free) == pytest.approx(norm, rel=1e-4)
    assert next(train(clipped, batches(), replace(SETTINGS, clip=norm / 10))).gradient_norm == pytest.approx(
        norm, rel=1e-4
    )
    for long, short in zip(free.parameters(), clipped.parameters(), strict=True):
        assert long.grad is not None
        torch.testing.assert_close(short.grad, long.grad / 10, rtol=1e-4, atol=1e-7)


def test_a_short_gradient_is_left_alone() -> None:
    network = model()
    norm = next(train(network, batches(), replace(SETTINGS, clip=1e6))).gradient_norm
    assert gradient_norm(network) == pytest.approx(norm, rel=1e-4)


def test_the_rate_is_the_schedules() -> None:
    rates = [progress.rate for progress in train(model(), batches(), SETTINGS)]
    assert rates == [SETTINGS.rate_at(step, steps=SETTINGS.steps) for step in range(1, SETTINGS.steps + 1)]
    assert max(rates) == SETTINGS.rate


def test_the_rate_is_what_weights_move_by() -> None:
    """Adam's first step is the rate's length, whatever the gradient."""
    network, before = model(), model()
    rate = next(train(network, batches(), SETTINGS)).rate
    moved = network.decoder.layers[0].feed_forward.inner.weight - before.decoder.layers[0].feed_forward.inner.weight
    assert moved.abs().max().item() == pytest.approx(rate, rel=1e-2)


def test_smoothing_reaches_the_loss() -> None:
    plain, smooth = (next(train(model(), batches(), replace(SETTINGS, smoothing=each))).loss for each in (0.0, 0.5))
    assert plain != smooth


def test_what_is_frozen_stays() -> None:
    network = model()
    for parameter in network.encoder.parameters():
        parameter.requires_grad_(False)
    before = [parameter.clone() for parameter in network.encoder.parameters()]
    list(train(network, islice(batches(), 3), SETTINGS))
    assert all(old.equal(new) for old, new in zip(before, network.encoder.parameters(), strict=True))


def test_dropout_is_on_again_after_the_caller_measured() -> None:
    network = model()
    seen: list[bool] = []
    network.register_forward_pre_hook(lambda module, args: seen.append(module.training))
    for _ in train(network, islice(batches(), 3), SETTINGS):
        network.eval()
    assert seen == [True] * 3


def test_chance_is_the_seeds_and_no_one_elses() -> None:
    def trained(seed: int, drawn: int) -> EncoderDecoder:
        network = model()
        torch.manual_seed(drawn)
        for _ in train(network, islice(batches(), 10), replace(SETTINGS, seed=seed)):
            torch.rand(drawn)
        return network

    first, again, other = trained(1, drawn=1), trained(1, drawn=7), trained(2, drawn=1)
    assert all(a.equal(b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not all(a.equal(b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("more", [{}, {"smoothing": 0.1}, {"r_drop": 2.0}])
def test_quarters_accumulated_are_the_whole_batch(more: dict[str, Any]) -> None:
    """Of different sizes and with different numbers of tokens; the mean of means would be another number."""
    pairs = list(islice(TASK.pairs("training"), 24))
    cuts = [0, 2, 7, 15, 24]
    quarters = [make_batch(pairs[a:b], vocabulary=TASK.vocabulary) for a, b in pairwise(cuts)]
    whole = [make_batch(pairs, vocabulary=TASK.vocabulary)]
    # Without clipping, which hides the gradient's length, and by a step that is the gradient itself.
    settings = replace(SETTINGS, clip=0.0, optimizer=SgdSettings(momentum=0.0), **more)
    one, four = model("conv").double(), model("conv").double()  # without dropout
    first = next(train(one, whole, settings))
    second = next(train(four, quarters, replace(settings, accumulate=4)))
    assert (second.step, second.tokens) == (1, first.tokens)
    assert second.loss == pytest.approx(first.loss, rel=1e-9)
    assert second.gradient_norm == pytest.approx(first.gradient_norm, rel=1e-9)
    for a, b in zip(one.parameters(), four.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


def test_the_last_step_may_have_fewer_batches() -> None:
    settings = replace(SETTINGS, accumulate=4)
    assert [progress.step for progress in train(model(), islice(batches(), 9), settings)] == [1, 2, 3]


def test_it_must_know_its_end() -> None:
    with pytest.raises(RecipeError, match=r"`training.steps` must be at least 1 here, but is 0"):
        next(train(model(), batches(), TrainingSettings()))


@pytest.mark.parametrize("family", ["walking", "transformer"])
def test_bf16_learns_and_keeps_its_parameters(family: str) -> None:
    network = model(family)
    losses = [progress.loss for progress in train(network, batches(), replace(SETTINGS, precision="bf16"))]
    assert sum(losses[-5:]) / 5 < 0.9 * losses[0]
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters())


def test_settings_are_read_back_as_they_are_written() -> None:
    settings = replace(
        SETTINGS,
        clip=0.0,
        optimizer=AdamSettings(betas=(0.8, 0.9)),
        schedule=PlateauScheduleSettings(patience=4),
        sampling=SigmoidSamplingSettings(k=10.0),
    )
    assert parse(TrainingSettings, tomllib.loads(to_toml(settings))) == settings


def test_warmup_must_leave_steps() -> None:
    with pytest.raises(RecipeError, match=r"warmup must be less than steps \(100\), but is 100\."):
        TrainingSettings(steps=100, warmup=100)

"""The loop, on models that take milliseconds."""

import tomllib
from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse, to_toml
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.training.loop import TrainingSettings, train

from .models import FAMILIES, batches, model

SETTINGS = TrainingSettings(steps=40, rate=1e-2, warmup=5)


def gradient_norm(network: nn.Module) -> float:
    gradients = [parameter.grad.flatten() for parameter in network.parameters() if parameter.grad is not None]
    return float(torch.cat(gradients).norm())


@pytest.mark.parametrize("family", FAMILIES)
def test_loss_falls(family: str) -> None:
    losses = [progress.loss for progress in train(model(family), batches(), SETTINGS)]
    assert len(losses) == SETTINGS.steps
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
    assert rates == [SETTINGS.rate_at(step) for step in range(1, SETTINGS.steps + 1)]
    assert max(rates) == SETTINGS.rate


def test_the_rate_is_what_weights_move_by() -> None:
    """Adam's first step is the rate's length, whatever the gradient."""
    network, before = model(), model()
    rate = next(train(network, batches(), SETTINGS)).rate
    moved = network.decoder.layers[0].feed_forward.inner.weight - before.decoder.layers[0].feed_forward.inner.weight
    assert moved.abs().max().item() == pytest.approx(rate, rel=1e-2)


def test_matrices_decay_and_vectors_do_not() -> None:
    groups = replace(SETTINGS, weight_decay=0.1).optimizer(model()).param_groups
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert all(parameter.dim() > 1 for parameter in groups[0]["params"])
    assert all(parameter.dim() <= 1 for parameter in groups[1]["params"])


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


def test_the_same_seed_gives_the_same_weights() -> None:
    def trained() -> EncoderDecoder:
        network = model()
        torch.manual_seed(2)  # dropout
        list(train(network, islice(batches(), 10), SETTINGS))
        return network

    assert all(a.equal(b) for a, b in zip(trained().parameters(), trained().parameters(), strict=True))


def test_settings_are_read_back_as_they_are_written() -> None:
    settings = replace(SETTINGS, clip=0.0, betas=(0.8, 0.9), schedule="inverse_root")
    assert parse(TrainingSettings, tomllib.loads(to_toml(settings))) == settings


def test_warmup_must_leave_steps() -> None:
    with pytest.raises(RecipeError, match=r"warmup must be less than steps \(100\), but is 100\."):
        TrainingSettings(steps=100, warmup=100)

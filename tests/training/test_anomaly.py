"""A loss that is not a number names the step and the first module that made it one."""

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqloom.core.errors import TrainingError
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Head, Scored
from seqloom.training.loop import train
from seqloom.training.schedules import FixedScheduleSettings
from seqloom.training.settings import TrainingSettings

from .models import FAMILIES, batches, model

SETTINGS = TrainingSettings(steps=50, rate=1e-2, warmup=0, schedule=FixedScheduleSettings(kind="constant"))
REMEDY = "Lower `training.rate` (now 0.01) or `training.clip` (now 1)."


def message(network: EncoderDecoder, settings: TrainingSettings = SETTINGS) -> str:
    with pytest.raises(TrainingError) as error:
        list(train(network, batches(), settings))
    line = str(error.value)
    assert "\n" not in line
    return line


def poison(part: nn.Module, *, from_step: int = 1) -> None:
    """From this step on the part gives what is not a number."""
    calls = iter(range(1, 1000))

    def spoil(_module: nn.Module, _args: Any, output: Tensor) -> Tensor:
        if next(calls) < from_step:
            return output
        return output * float("nan")

    part.register_forward_hook(spoil)
    if isinstance(part, Head):  # which is asked for the targets' scores alone
        score = part.score

        def spoilt(*args: Any) -> Scored:
            found = score(*args)
            return Scored(logp_P=spoil(part, args, found.logp_P), mean_logp_P=found.mean_logp_P)

        part.score = spoilt  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("transformer", "source.embedding"),
        ("transformer", "encoder.layers.1.self_attention.key"),
        ("transformer", "decoder.layers.0.feed_forward.outer"),
        ("transformer", "decoder.norm"),
        ("conv", "encoder.layers.1"),
        ("conv", "decoder.layers.0.convolution"),
        ("conv", "decoder.out"),
        ("recurrent", "decoder.attention.keys"),
        ("recurrent", "decoder.readout"),
        ("walking", "decoder.attention.v"),
        ("walking", "decoder.cells.layers.0.cell.hidden"),
        ("walking", "head"),
    ],
)
def test_a_poisoned_part_is_named(family: str, name: str) -> None:
    network = model(family)
    poison(network.get_submodule(name))
    assert (
        message(network)
        == f"step 1: the loss is nan; `{name}` is the first module whose output is not finite. {REMEDY}"
    )


def test_the_step_is_named() -> None:
    network = model()
    poison(network.encoder.layers[1].feed_forward, from_step=4)
    assert message(network).startswith("step 4: the loss is nan; `encoder.layers.1.feed_forward` is the first module")


def test_what_a_module_makes_between_its_parts_is_its_own() -> None:
    """A recurrent decoder that walks makes the gates itself, from the weights of its cell."""
    network = model("walking")
    with torch.no_grad():
        weight_RI = network.decoder.cells.first.weight
        weight_RI.copy_(weight_RI.sign() * 3e38)
    line = message(network)
    part = "decoder.cells.layers.0.cell.norm_input"
    found = f"`decoder` is the first module that makes what is not finite, and gives it to `{part}`"
    assert line == f"step 1: the loss is nan; {found}. {REMEDY}"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_rate_far_too_high(family: str) -> None:
    settings = TrainingSettings(steps=50, rate=1e38, warmup=0, clip=0.0)
    line = message(model(family), settings)
    step, _, found = line.partition(": ")
    assert 2 <= int(step.removeprefix("step ")) <= 5
    assert "`" in found.partition(".")[0], "some part is named"
    assert line.endswith("Lower `training.rate` (now 1e+38) or set `training.clip` (now off).")


def test_a_parameter_that_was_spoilt_before_is_named_first() -> None:
    network = model()
    steps = train(network, batches(), SETTINGS)
    next(steps)
    with torch.no_grad():
        network.decoder.layers[0].cross_attention.value.bias[0] = float("inf")
    with pytest.raises(TrainingError) as error:
        next(steps)
    name = "decoder.layers.0.cross_attention.value.bias"
    assert str(error.value) == f"step 2: `{name}` was not finite before the step began. {REMEDY}"


def test_a_gradient_alone_is_told_apart() -> None:
    """The square root of zero is a number, its slope is none."""
    network = model()
    network.encoder.layers[1].feed_forward.register_forward_hook(lambda _module, _args, y: y + (y * 0).sqrt())
    assert message(network) == (
        "step 1: the loss is finite, but its gradient is not; from the loss back, it is as far as the output of "
        f"`encoder.layers.1.feed_forward`, but not at the output of `encoder.layers.1.feed_forward.outer`. {REMEDY}"
    )


def test_a_target_that_cannot_be_said() -> None:
    network = model()
    batch = next(batches())
    batch.target_BT[0, 1] = network.vocabulary.pad
    with pytest.raises(TrainingError) as error:
        list(train(network, [batch], SETTINGS))
    assert str(error.value) == "step 1: the loss is inf, because a target token has no probability. Clean the data."


def test_the_step_is_run_again_with_the_same_dropout() -> None:
    """A poison that strikes by chance strikes the second run in the same place."""
    network = model()

    def spoil(_module: nn.Module, _args: Any, output: Tensor) -> Tensor:
        return output * float("nan") if torch.rand(()) < 0.02 else output

    for name, part in network.named_modules():
        if name.endswith("feed_forward.inner"):
            part.register_forward_hook(spoil)
    assert "feed_forward.inner` is the first module whose output is not finite" in message(
        network, replace(SETTINGS, steps=500)
    )


def test_nothing_is_watched_while_all_is_well() -> None:
    network = model()
    list(train(network, islice(batches(), 2), SETTINGS))
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in network.modules())

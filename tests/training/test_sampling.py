"""Scheduled sampling: how much is the teacher's, and that the rest is the decoder's own."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.heads import generator
from seqloom.nn.contracts import Batch
from seqloom.training.loop import Trainee, train
from seqloom.training.objectives import CrossEntropy
from seqloom.training.sampling import (
    ExponentialSamplingSettings,
    LinearSamplingSettings,
    NoSamplingSettings,
    SigmoidSamplingSettings,
    mixed_inputs,
)
from seqloom.training.settings import TrainingSettings

from .models import FAMILIES, TASK, batches, model


def test_shares_of_the_teacher() -> None:
    assert NoSamplingSettings().teacher(10**9) == 1.0
    linear = LinearSamplingSettings(offset=1.2, slope=0.01, lowest=0.25)
    assert [linear.teacher(step) for step in (10, 50, 99)] == pytest.approx([1.0, 0.7, 0.25])
    assert ExponentialSamplingSettings(base=0.99).teacher(100) == pytest.approx(0.99**100)
    sigmoid = SigmoidSamplingSettings(k=50.0)
    assert sigmoid.teacher(200) == pytest.approx(50 / (50 + math.exp(200 / 50)))
    assert sigmoid.teacher(10**9) == 0.0


def own_words(network: EncoderDecoder, batch: Batch) -> Tensor:
    """Greedy, position by position, all that was said before read anew each time: slow, and plain."""
    memory = network.encode(batch.source)
    read_NT = batch.inputs_BT[:, :1]
    while read_NT.shape[1] < batch.inputs_BT.shape[1]:
        output = network.decoder(read_NT, network.decoder.start(memory, attention=network.head.attention))
        logp_NTV = network.head(output.pick(), memory).unflatten(0, read_NT.shape)
        read_NT = torch.cat([read_NT, logp_NTV[:, -1].argmax(-1, keepdim=True)], 1)
    return read_NT


def mixed(network: EncoderDecoder, batch: Batch, teacher: float) -> Tensor:
    return mixed_inputs(network, network.encode(batch.source), batch, teacher=teacher)


@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("family", ["recurrent", "walking"])
def test_without_a_teacher_a_recurrent_decoder_reads_what_it_says(family: str, copies: bool) -> None:
    network, batch = model(family, copies=copies).double().eval(), next(batches())
    with torch.no_grad():
        assert mixed(network, batch, 0.0).equal(own_words(network, batch))


@pytest.mark.parametrize("family", ["transformer", "conv"])
def test_without_a_teacher_the_others_read_what_they_say_to_right_words(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, batch = model(family).double().eval(), next(batches())
    with torch.no_grad():
        run = network(batch)
        said_NT = network.head(run.output.pick(), run.memory).unflatten(0, batch.inputs_BT.shape).argmax(-1)
        expected = torch.cat([batch.inputs_BT[:, :1], said_NT[:, :-1]], 1)
        assert mixed(network, batch, 0.0).equal(expected)
        monkeypatch.setattr(generator, "_CHUNK", 100)  # a few positions at a time
        assert mixed(network, batch, 0.0).equal(expected)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_mixes_as_much_as_it_should(family: str) -> None:
    network, batch = model(family).eval(), next(batches(300))
    differs = (mixed(network, batch, 0.6) != batch.inputs_BT)[batch.target_mask_BT[:, :-1]]
    never = (mixed(network, batch, 0.0) != batch.inputs_BT)[batch.target_mask_BT[:, :-1]]
    assert 0.3 < differs.float().mean() / never.float().mean() < 0.5


@pytest.mark.parametrize("family", FAMILIES)
def test_the_loss_is_that_of_the_mixed_words_and_has_its_gradient(family: str) -> None:
    network, batch = model(family).double().eval(), next(batches())
    trainee = Trainee(network, [CrossEntropy()]).eval()
    torch.manual_seed(3)
    (loss,) = trainee(batch, teacher=0.5)
    torch.manual_seed(3)
    read_BT = mixed(network, batch, 0.5)
    assert not read_BT.equal(batch.inputs_BT)
    expected = CrossEntropy()(network(replace(batch, read_BT=read_BT)))
    assert loss.total.item() == pytest.approx(expected.total.item(), rel=1e-12)
    parameters = list(network.parameters())
    for one, other in zip(
        torch.autograd.grad(loss.total, parameters), torch.autograd.grad(expected.total, parameters), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_the_schedule_says_what_a_step_reads() -> None:
    seen: list[float] = []
    network = model()
    settings = TrainingSettings(steps=30, warmup=0, sampling=LinearSamplingSettings(offset=1.5, slope=0.05, lowest=0.1))

    def look(_module: nn.Module, args: tuple[Batch, ...]) -> None:
        batch = args[0]
        right = batch.inputs_BT == batch.target_BT[:, :-1]
        seen.append(float(right[batch.target_mask_BT[:, :-1]].float().mean()))

    network.register_forward_pre_hook(look)
    list(train(network, batches(), settings))
    assert seen[:9] == [1.0] * 9, "the teacher alone"
    assert sum(seen[-5:]) < 0.8 * 5
    assert TASK.vocabulary.pad not in mixed(network, next(batches()), 0.0)[:, :1]


def test_a_target_of_one_token_has_nothing_to_mix() -> None:
    network, batch = model(), next(batches())
    end = replace(batch, target_BT=batch.target_BT[:, :2], target_mask_BT=batch.target_mask_BT[:, :2])
    assert mixed(network, end, 0.0).equal(end.inputs_BT)

"""Cross-entropy, against its formula written out position by position."""

import math

import pytest
import torch
from torch import Tensor

from seqloom.data.batches import make_batch
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.heads import generator
from seqloom.nn.contracts import Batch, Loss
from seqloom.training.loop import train
from seqloom.training.objectives import CrossEntropy, RDrop, combined, twice
from seqloom.training.settings import TrainingSettings

from .models import TASK, batches, model


def written_out(network: EncoderDecoder, batch: Batch, smoothing: float) -> tuple[float, int]:
    """Sum and number of tokens, one row and one token at a time, from the head's whole distribution."""
    run = network(batch)
    logp_NTV = network.head(run.output.pick(), run.memory).unflatten(0, batch.inputs_BT.shape)
    total, count = 0.0, 0
    for logp_TV, row_T, length in zip(logp_NTV, batch.target_BT.tolist(), batch.target_mask_BT.sum(1), strict=True):
        for place in range(int(length) - 1):
            logp_V = logp_TV[place].tolist()
            possible = [logp for logp in logp_V if logp > -math.inf]
            smooth = sum(possible) / len(possible)
            total -= (1 - smoothing) * logp_V[row_T[place + 1]] + smoothing * smooth
            count += 1
    return total, count


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("family", ["recurrent", "walking", "conv", "transformer"])
def test_cross_entropy_is_its_formula(family: str, copies: bool, smoothing: float) -> None:
    network = model(family, copies=copies).double().eval()
    batch = next(batches())
    loss = CrossEntropy(smoothing=smoothing)(network(batch))
    total, count = written_out(network, batch, smoothing)
    assert loss.total.item() == pytest.approx(total, rel=1e-10)
    assert loss.count.item() == count


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_sums_of_parts_are_the_whole_batch(smoothing: float) -> None:
    """Rows padded in the whole batch and not in a part say the same, and counts add up as totals do."""
    network = model().double().eval()
    pairs = [pair for _, pair in zip(range(12), TASK.pairs("training"), strict=False)]
    objective = CrossEntropy(smoothing=smoothing)

    def of(first: int, last: int) -> Loss:
        return objective(network(make_batch(pairs[first:last], vocabulary=TASK.vocabulary)))

    whole, parts = of(0, 12), [of(0, 5), of(5, 12)]
    torch.testing.assert_close(sum(part.total for part in parts), whole.total, rtol=0, atol=1e-10)
    assert sum(part.count.item() for part in parts) == whole.count.item()


def test_losses_are_combined_as_means() -> None:
    losses = [
        Loss(total=torch.tensor(6.0), count=torch.tensor(3)),
        Loss(total=torch.tensor(1.0), count=torch.tensor(4)),
    ]
    assert combined(losses).item() == 2.25


def r_drop_written_out(network: EncoderDecoder, doubled: Batch, alpha: float) -> Tensor:
    """Equation 4 of Liang et al. 2021, halved, from the whole distributions of both halves."""
    run = network(doubled)
    logp_NTV = network.head(run.output.pick(), run.memory).unflatten(0, doubled.inputs_BT.shape)
    target_NT1 = doubled.outputs_BT[..., None]
    total = torch.zeros((), dtype=logp_NTV.dtype)
    half = len(logp_NTV) // 2
    for row in range(half):
        for place in range(int(doubled.keep_BT[row].sum())):
            p, q = logp_NTV[row, place], logp_NTV[row + half, place]
            possible = p > -math.inf
            total = total - (p[target_NT1[row, place]] + q[target_NT1[row, place]]).sum() / 2
            p, q = p[possible], q[possible]
            total = total + alpha / 4 * ((p.exp() * (p - q)).sum() + (q.exp() * (q - p)).sum())
    return total


@pytest.mark.parametrize("at_once", [1000, 5])
@pytest.mark.parametrize("copies", [False, True])
def test_r_drop_is_its_formula(copies: bool, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether all positions are one stretch or many; and so is its gradient."""
    network = model(copies=copies).double().train()
    batch = next(batches(6))
    monkeypatch.setattr(generator, "_CHUNK", at_once * 2 * (TASK.vocabulary.size + 6))
    torch.manual_seed(5)
    loss = RDrop(alpha=3.0)(network(twice(batch)))
    torch.manual_seed(5)
    expected = r_drop_written_out(network, twice(batch), alpha=3.0)
    torch.testing.assert_close(loss.total, expected, rtol=1e-9, atol=0)
    assert loss.count.item() == batch.keep_BT.sum()
    parameters = list(network.parameters())
    found = torch.autograd.grad(loss.total, parameters)
    wanted = torch.autograd.grad(expected, parameters)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-9)


def test_without_dropout_r_drop_is_cross_entropy() -> None:
    network = model().double().eval()
    batch = next(batches())
    loss = RDrop(alpha=5.0, smoothing=0.1)(network(twice(batch)))
    plain = CrossEntropy(smoothing=0.1)(network(batch))
    assert loss.total.item() == pytest.approx(plain.total.item(), rel=1e-10)


def test_r_drop_makes_passes_agree() -> None:
    """Trained with it, two passes of the same batch say more alike than without, at the same likelihood or so."""

    def gap(alpha: float) -> float:
        network = model()
        list(train(network, batches(), TrainingSettings(steps=40, rate=1e-2, warmup=5, r_drop=alpha)))
        run = network.train()(twice(next(batches())))
        one, other = network.head(run.output.pick(run.batch.keep_BT), run.memory).exp().chunk(2)
        return float((one - other).abs().sum(-1).mean().detach())

    assert gap(10.0) < 0.7 * gap(1e-9)


@pytest.mark.parametrize("objective", [CrossEntropy(), RDrop(alpha=1.0)])
def test_the_count_is_known_beforehand(objective: CrossEntropy) -> None:
    batch = next(batches())
    seen = twice(batch) if isinstance(objective, RDrop) else batch
    assert objective.count(batch).item() == objective(model()(seen)).count.item()

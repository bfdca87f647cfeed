"""Cross-entropy, against its formula written out position by position."""

import math

import pytest
import torch

from seqloom.data.batches import make_batch
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch, Loss
from seqloom.training.objectives import CrossEntropy, combined

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

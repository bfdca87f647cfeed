"""The moving average of the weights, and the mean of several."""

import pytest
import torch
from torch import nn

from seqloom.training.averages import MovingAverage, mean_weights, put_weights, weights_of

from .models import model
from .runs import copied, same


def test_it_is_its_recurrence() -> None:
    layer = nn.Linear(3, 2)
    average = MovingAverage(layer, 0.7)
    expected = layer.weight.detach().clone()
    for step in range(1, 30):
        with torch.no_grad():
            layer.weight.add_(torch.randn(2, 3))
        average.update(step)
        decay = min(0.7, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * layer.weight.detach()
        torch.testing.assert_close(average.weights["weight"], expected)


def test_the_model_has_it_for_a_while_and_no_longer() -> None:
    network = model()
    average = MovingAverage(network, 0.9)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1.0)
    own, averaged = copied(network), {name: tensor.clone() for name, tensor in average.weights.items()}

    def interrupted() -> None:
        with average.in_the_model():
            assert same(copied(network), averaged)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert same(copied(network), own)
    assert same(average.weights, averaged)


def test_what_is_tied_is_there_once_and_stays_tied() -> None:
    shared = nn.Linear(3, 3)
    network = nn.Sequential(shared, nn.BatchNorm1d(3), shared)
    weights = weights_of(network)
    assert set(weights) == {
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"
    }  # fmt: skip
    put_weights(network, {name: torch.zeros_like(tensor) for name, tensor in weights.items()})
    assert network[2].weight.count_nonzero() == 0


def test_the_mean_of_weights() -> None:
    several = [{"w": torch.tensor([float(n), 1.0]), "count": torch.tensor(n)} for n in (1, 2, 6)]
    mean = mean_weights(several)
    assert mean["w"].tolist() == [3.0, 1.0]
    assert mean["count"].item() == 6

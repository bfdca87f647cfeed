"""Every optimiser learns, decays matrices only, and gives back its memory of gradients."""

import pytest
import torch
from torch import nn

from seqloom.core.errors import RecipeError
from seqloom.training.adam import FusedAdamW
from seqloom.training.loop import train
from seqloom.training.optimizers import (
    AdamSettings,
    AdamWSettings,
    MuonSettings,
    OptimizerSettings,
    RmspropSettings,
    SgdSettings,
)
from seqloom.training.settings import TrainingSettings

from .models import batches, model
from .runs import copied, same, trainer

OPTIMIZERS: dict[str, tuple[OptimizerSettings, float]] = {
    "adamw": (AdamWSettings(), 1e-2),
    "adam": (AdamSettings(), 1e-2),
    "rmsprop": (RmspropSettings(momentum=0.5), 3e-3),
    "sgd": (SgdSettings(nesterov=True), 0.3),
    "plain sgd": (SgdSettings(momentum=0.0), 1.0),
    "muon": (MuonSettings(), 1e-2),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_learns(name: str) -> None:
    optimizer, rate = OPTIMIZERS[name]
    settings = TrainingSettings(steps=30, rate=rate, warmup=3, optimizer=optimizer)
    losses = [progress.loss for progress in train(model(), batches(), settings)]
    assert sum(losses[-5:]) / 5 < 0.85 * losses[0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_its_memory_is_in_the_state(name: str) -> None:
    """A trainer that is made anew and given the state goes on to the same weights, bit for bit."""
    optimizer, rate = OPTIMIZERS[name]
    settings = TrainingSettings(steps=8, rate=rate, warmup=2, optimizer=optimizer)
    whole, half = trainer(settings), trainer(settings)
    for _ in range(8):
        whole.advance()
    for _ in range(4):
        half.advance()
    fresh = trainer(settings)
    fresh.restore(half.state())
    for _ in range(4):
        fresh.advance()
    assert same(copied(fresh.model), copied(whole.model))


@pytest.mark.parametrize(
    "optimizer", [AdamWSettings(weight_decay=0.1), RmspropSettings(weight_decay=0.1), SgdSettings(weight_decay=0.1)]
)
def test_matrices_decay_and_vectors_do_not(optimizer: AdamWSettings) -> None:
    (built,) = optimizer.build(model())
    assert [group["weight_decay"] for group in built.param_groups] == [0.1, 0.0]
    assert all(parameter.dim() > 1 for parameter in built.param_groups[0]["params"])
    assert all(parameter.dim() <= 1 for parameter in built.param_groups[1]["params"])


def test_muon_has_the_hidden_matrices_and_adamw_the_rest() -> None:
    network = model()
    muon, adamw = MuonSettings(weight_decay=0.1).build(network)
    hidden = {id(parameter) for group in muon.param_groups for parameter in group["params"]}
    rest = {id(parameter) for group in adamw.param_groups for parameter in group["params"]}
    assert hidden | rest == {id(parameter) for parameter in network.parameters()}
    assert not hidden & rest
    assert id(network.encoder.get_submodule("layers.0.feed_forward.inner").weight) in hidden
    assert {id(network.head.weight), id(network.decoder.embedding.table.weight)} <= rest


def test_muon_moves_as_far_as_adamw() -> None:
    """A step of it has a fifth of the length of AdamW's first, as AdamW's have later: a rate means the same to both."""

    @torch.no_grad()
    def distance(one: nn.Module, other: nn.Module) -> float:
        name = "encoder.layers.0.feed_forward.inner.weight"
        return float((one.get_parameter(name) - other.get_parameter(name)).norm())

    def moved(optimizer: OptimizerSettings) -> float:
        network, before = model(), model()
        next(train(network, batches(), TrainingSettings(steps=9, warmup=0, rate=1e-2, optimizer=optimizer)))
        return distance(network, before)

    assert moved(MuonSettings()) / moved(AdamWSettings()) == pytest.approx(0.2, rel=0.25)


def test_a_model_without_hidden_matrices_is_all_adamws() -> None:
    (only,) = MuonSettings().build(nn.Sequential(nn.Embedding(4, 3), nn.LayerNorm(3)))
    assert isinstance(only, FusedAdamW)


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(RecipeError, match="momentum must be greater than 0 with nesterov, but is 0"):
        SgdSettings(momentum=0.0, nesterov=True)

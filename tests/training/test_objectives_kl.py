"""The divergence from the prior: what the encoder leaves, times what the step makes it count."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.models.decoders import RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.encoders.latent import LatentEncoderSettings
from seqloom.models.encoders.stack import StackEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Run
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Encoder, Memory
from seqloom.training.loop import Trainee, train
from seqloom.training.objectives import CrossEntropySettings, Kl, KlSettings, Targets
from seqloom.training.settings import TrainingSettings

from .models import TASK, batches, model

TARGETS = Targets(vocabulary=TASK.vocabulary)


class Leaving(Encoder):
    """An encoder with a term of its own, of each row: the square of one number."""

    def __init__(self, inner: Encoder, *, term: str = "kl") -> None:
        super().__init__()
        self.inner = inner
        self.shape = inner.shape
        self.term = term
        self.number = nn.Parameter(torch.tensor(2.0))

    def forward(self, memory: Memory) -> Memory:
        found = self.inner(memory)
        each_B: Tensor = self.number.square().expand(len(memory.mask_BS))
        return replace(found, losses={self.term: each_B})


def leaving(**how: str) -> EncoderDecoder:
    network = model("small")
    network.encoder = Leaving(network.encoder, **how)
    return network


def test_it_is_the_sum_of_the_rows() -> None:
    batch = next(batches(5))
    network = leaving()
    loss = Kl()(Run(model=network, batch=batch, encoded=network.encode(batch.source)))
    assert loss.total.item() == 20.0
    assert loss.count.item() == 5 == Kl().count(batch)


def test_its_weight_rises_in_a_line() -> None:
    batch = next(batches(5))
    network = leaving()
    chosen = TrainingSettings(objectives=(KlSettings(weight=0.5, warmup=4),))
    trainee = Trainee(network, chosen.build_objectives(TARGETS))
    weights = [float(trainee(batch, step=step)[0].total.detach()) / 20 for step in (1, 2, 3, 4, 5, 100)]
    assert weights == pytest.approx([0.125, 0.25, 0.375, 0.5, 0.5, 0.5])


def test_the_trainer_tells_the_step() -> None:
    """Where nothing moves, the loss of a step is the weight times what it is a loss of."""
    settings = TrainingSettings(
        steps=4, rate=1e-9, warmup=0, objectives=(CrossEntropySettings(weight=0.0), KlSettings(warmup=4))
    )
    parts = [progress.parts["kl"] for progress in train(leaving(), batches(), settings)]
    assert parts == pytest.approx([1.0, 2.0, 3.0, 4.0], rel=1e-4)


def test_it_is_made_smaller() -> None:
    network = leaving()
    settings = TrainingSettings(
        steps=60, rate=5e-2, warmup=0, objectives=(CrossEntropySettings(), KlSettings(warmup=0))
    )
    list(train(network, batches(), settings))
    assert isinstance(network.encoder, Leaving)
    assert abs(network.encoder.number.item()) < 1.0


def test_an_encoder_without_is_refused() -> None:
    settings = TrainingSettings(steps=1, warmup=0, objectives=(CrossEntropySettings(), KlSettings()))
    with pytest.raises(RecipeError, match='"kl" needs an encoder with a latent vector, but this one has none'):
        next(train(model(), batches(), settings))


def test_a_term_that_nothing_reads_is_told_before_a_weight_moves() -> None:
    network = leaving(term="kl")
    before = [parameter.clone() for parameter in network.parameters()]
    with pytest.raises(RecipeError, match=r'must have what reads the encoder\'s "kl", but has not'):
        next(train(network, batches(), TrainingSettings(steps=1, warmup=0)))
    assert all(old.equal(new) for old, new in zip(before, network.parameters(), strict=True))


def test_the_latent_encoder_is_trained_by_it() -> None:
    """Its posterior comes nearer to the prior than cross-entropy with next to no divergence would have it."""

    def divergence(weight: float) -> float:
        torch.manual_seed(1)
        network = ModelSettings(
            source=TextSourceSettings(width=16),
            target=EmbeddingSettings(width=16),
            encoder=StackEncoderSettings(encoders=(RecurrentEncoderSettings(width=16), LatentEncoderSettings(width=8))),
            decoder=RecurrentDecoderSettings(width=16),
        ).build(source=TASK.vocabulary, target=TASK.vocabulary)
        chosen = (CrossEntropySettings(), KlSettings(weight=weight, warmup=10))
        settings = TrainingSettings(steps=40, rate=1e-2, warmup=5, objectives=chosen)
        last = list(train(network, batches(), settings))[-1]
        return last.parts["kl"] / weight

    assert divergence(1.0) < 0.2 * divergence(1e-3)

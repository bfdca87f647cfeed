"""Attention that knows where it is finds the next of many equal words; one that knows words alone cannot."""

from __future__ import annotations

import random
from typing import Literal

import pytest
import torch

from seqloom.core.seeding import seed_everything
from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Request, Source, answer
from seqloom.decoding.search import Search
from seqloom.models.decoders import (
    AdditiveAttentionSettings,
    AttentionSettings,
    GeneralAttentionSettings,
    LocalAttentionSettings,
    LocationAttentionSettings,
    RecurrentDecoderSettings,
)
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import ConvEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.positions import NoPositionsSettings

VOCABULARY = Specials(size=6)
TESTED = 100


def pairs(dice: random.Random, shortest: int, longest: int, *, count: int) -> list[Pair]:
    """Copies of sequences of two words."""
    texts = [dice.choices(range(4, VOCABULARY.size), k=dice.randint(shortest, longest)) for _ in range(count)]
    return [Pair(source=Source(parts={"text": text}), target=text) for text in texts]


def trained(
    attention: AttentionSettings, *, lengths: tuple[int, int] = (3, 10), attend: Literal["before", "after"] = "after"
) -> EncoderDecoder:
    """The encoder sees each word with its neighbours, and no position: of two words, most stand there many times."""
    seed_everything(1)
    settings = ModelSettings(
        source=TextSourceSettings(width=16),
        target=EmbeddingSettings(width=16),
        encoder=ConvEncoderSettings(layers=1, width=32, kernel=3, positions=NoPositionsSettings()),
        decoder=RecurrentDecoderSettings(width=48, attention=attention, attend=attend),
    )
    model = settings.build(source=VOCABULARY, target=VOCABULARY)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    dice = random.Random(1)
    for _ in range(400):
        batch = make_batch(pairs(dice, *lengths, count=32), vocabulary=VOCABULARY)
        optimizer.zero_grad()
        (-model.logp_P(batch).mean()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.eval()


def copied(model: EncoderDecoder, length: int) -> float:
    """The share of sequences that come out whole."""
    tested = pairs(random.Random(9), length, length, count=TESTED)
    requests = [Request(id=number, source=pair.source, max_length=2 * length) for number, pair in enumerate(tested)]
    said = answer(Search(ModelStepper(model), max_rows=TESTED), requests)
    return sum(one.tokens == tuple(pair.target) for one, pair in zip(said, tested, strict=True)) / TESTED


@pytest.mark.slow
def test_location_copies_at_twice_the_length_learnt() -> None:
    location = trained(LocationAttentionSettings(width=32, filters=8, kernel=5), attend="before")
    content = trained(AdditiveAttentionSettings(width=32), attend="before")
    found = {length: (copied(location, length), copied(content, length)) for length in (10, 20)}
    assert found[10][0] > 0.9, found
    assert found[20][0] > 0.5, found
    assert found[10][1] < 0.3, found
    assert found[20][1] < 0.1, found


@pytest.mark.slow
def test_a_window_that_moves_on_copies_at_twice_the_length_learnt() -> None:
    moving = trained(LocalAttentionSettings(predict=False, window=1))
    content = trained(GeneralAttentionSettings())
    found = {length: (copied(moving, length), copied(content, length)) for length in (10, 20)}
    assert found[20][0] > 0.5, found
    assert found[20][1] < 0.1, found


@pytest.mark.slow
def test_a_predicted_window_finds_its_place() -> None:
    """At one length: that of a source is nowhere in what this decoder knows of it."""
    predicted = trained(LocalAttentionSettings(window=3), lengths=(12, 12))
    content = trained(GeneralAttentionSettings(), lengths=(12, 12))
    found = copied(predicted, 12), copied(content, 12)
    assert found[0] > 0.5, found
    assert found[1] < 0.1, found

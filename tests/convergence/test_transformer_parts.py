"""Parts of the Transformer on tasks that cannot be learnt without them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.core.seeding import seed_everything
from seqloom.core.specials import Specials
from seqloom.data.batches import batches_of, make_batch
from seqloom.data.synthetic import SyntheticSettings
from seqloom.decoding.request import Pair, Source
from seqloom.models.decoders import AlignedDecoderSettings, TransformerDecoderSettings
from seqloom.models.decoders.transformer import SelfAttentionSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import TransformerEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.positions import (
    AlibiPositionsSettings,
    NoPositionsSettings,
    PositionsSettings,
    RotaryPositionsSettings,
    SinusoidalPositionsSettings,
)
from seqloom.nn.self_attention import Reading
from seqloom.nn.self_average import AverageSelfSettings
from seqloom.nn.self_ssru import CellPast, Ssru, SsruSelfSettings
from seqloom.nn.transformer import LayerKind
from seqloom.training.loop import train
from seqloom.training.settings import TrainingSettings

from .runs import Family, exact_match, trained

# ---- what a decoder knows the earlier tokens by ----------------------------------------------------------------------

COPY = SyntheticSettings(task="copy", symbols=6, shortest=3, longest=8)
SHAPE: dict[str, Any] = {"layers": 2, "width": 64, "heads": 4, "feed_forward": 128, "dropout": 0.0}


@dataclass(frozen=True, kw_only=True)
class DeafSelfSettings(SsruSelfSettings):
    """The unit with nothing coming out of it."""

    def build(self, layer: LayerKind) -> Deaf:
        return Deaf(layer.width)


class Deaf(Ssru):
    def read(self, x_NTD: Tensor, past: CellPast, reading: Reading) -> tuple[Tensor, CellPast]:
        return torch.zeros_like(x_NTD), past


def copies(kind: SelfAttentionSettings) -> float:
    """Without positions a decoder knows how far it is from what it has read, and from nothing else."""
    decoder = TransformerDecoderSettings(**SHAPE, positions=NoPositionsSettings(), self_attention=kind)
    family = Family(encoder=TransformerEncoderSettings(**SHAPE), decoder=decoder, rate=2e-3)
    return exact_match(trained(family, COPY, steps=400), COPY)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [SsruSelfSettings(), AverageSelfSettings()], ids=lambda kind: kind.kind)
def test_what_stands_in_for_attention_keeps_count(kind: SelfAttentionSettings) -> None:
    right = copies(kind)
    assert right >= 0.97, f"{right:.1%} of unseen sequences are copied"


@pytest.mark.slow
def test_without_the_tokens_before_repeats_cannot_be_copied() -> None:
    right = copies(DeafSelfSettings())
    assert right <= 0.4, f"{right:.1%} of unseen sequences are copied by a decoder that hears nothing"


# ---- labels that depend on a neighbour: how far it is seen, and at what lengths --------------------------------------

VOCABULARY = Specials(size=12)


def pairs(seed: int, *, shortest: int, longest: int, back: int) -> Iterator[Pair]:
    """Each label is the symbol so many places before; the first places have their own."""
    dice = random.Random(seed)
    while True:
        text = dice.choices(range(4, VOCABULARY.size), k=dice.randint(shortest, longest))
        yield Pair(source=Source(parts={"text": text}), target=[*text[:back], *text[:-back]])


def tagger(encoder: TransformerEncoderSettings, *, longest: int, back: int, steps: int) -> EncoderDecoder:
    seed_everything(1)
    settings = ModelSettings(
        source=TextSourceSettings(width=32),
        target=EmbeddingSettings(width=32),
        encoder=encoder,
        decoder=AlignedDecoderSettings(width=32, previous=False),
    )
    model = settings.build(source=VOCABULARY, target=VOCABULARY)
    batches = batches_of(pairs(1, shortest=back + 1, longest=longest, back=back), size=64, vocabulary=VOCABULARY)
    for _ in train(model, batches, TrainingSettings(steps=steps, rate=3e-3, warmup=50)):
        pass
    return model.eval()


@torch.inference_mode()
def right_labels(model: EncoderDecoder, *, length: int, back: int) -> float:
    tested = [*islice(pairs(2, shortest=length, longest=length, back=back), 200)]
    batch = make_batch(tested, vocabulary=VOCABULARY)
    run = model(batch)
    said_BT = run.head(run.output.pick(), run.memory).argmax(-1).view(len(tested), -1)
    return (said_BT == batch.outputs_BT)[:, back:-1].double().mean().item()


def tagger_by(positions: PositionsSettings) -> EncoderDecoder:
    encoder = TransformerEncoderSettings(layers=2, width=32, heads=4, feed_forward=64, dropout=0.0, positions=positions)
    return tagger(encoder, longest=10, back=1, steps=400)


@pytest.mark.slow
def test_linear_biases_reach_lengths_that_training_never_saw() -> None:
    """Learnt on sequences of at most 10, asked on sequences of 30 (Press et al. 2022, figure 1)."""
    linear, sinusoidal = (tagger_by(kind) for kind in (AlibiPositionsSettings(), SinusoidalPositionsSettings()))
    assert right_labels(linear, length=10, back=1) >= 0.95
    assert right_labels(sinusoidal, length=10, back=1) >= 0.95
    far, other = (right_labels(model, length=30, back=1) for model in (linear, sinusoidal))
    assert far >= 0.85, f"{far:.1%} of the labels"
    assert far >= other + 0.2, f"{far:.1%} with linear biases, {other:.1%} with sinusoids"


def tagger_within(window: int) -> EncoderDecoder:
    encoder = TransformerEncoderSettings(
        layers=2, width=32, heads=4, feed_forward=64, dropout=0.0, positions=RotaryPositionsSettings(), window=window
    )
    return tagger(encoder, longest=24, back=4, steps=300)


@pytest.mark.slow
def test_layers_of_windows_see_as_far_as_their_sum_and_no_farther() -> None:
    """The label is four places back: two layers get there by windows of two, and by windows of one they do not."""
    near, far = (right_labels(tagger_within(window), length=24, back=4) for window in (2, 1))
    assert near >= 0.95, f"{near:.1%} of the labels with windows of two"
    assert far <= 0.25, f"{far:.1%} of the labels with windows of one, of eight symbols"

"""Eighteen post-norm layers train, and it is the depth-scaled initialisation that makes them (Zhang et al. 2019)."""

import math

import pytest
import torch
from torch import nn

from seqloom.core.specials import Specials
from seqloom.models.decoders import TransformerDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import TransformerEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn import initial
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Part, SourceBatch

WIDTH, LAYERS, SYMBOLS = 32, 18, 10
VOCABULARY = Specials(size=4 + SYMBOLS)


def build() -> EncoderDecoder:
    torch.manual_seed(0)
    encoder = TransformerEncoderSettings(layers=2, width=WIDTH, heads=4, feed_forward=64, order="post", dropout=0.0)
    decoder = TransformerDecoderSettings(
        layers=LAYERS, width=WIDTH, heads=4, feed_forward=64, order="post", dropout=0.0
    )
    settings = ModelSettings(
        source=TextSourceSettings(width=WIDTH),
        encoder=encoder,
        target=EmbeddingSettings(width=WIDTH),
        decoder=decoder,
    )
    return settings.build(source=VOCABULARY, target=VOCABULARY)


def copies(rows: int = 32, length: int = 5) -> Batch:
    symbols_BS = torch.randint(4, VOCABULARY.size, (rows, length))
    bos, eos = (torch.full((rows, 1), token) for token in (VOCABULARY.bos, VOCABULARY.eos))
    target_BT = torch.cat([bos, symbols_BS, eos], 1)
    return Batch(
        source=SourceBatch(parts={"text": Part(values=symbols_BS, mask_BS=torch.ones_like(symbols_BS).bool())}),
        target_BT=target_BT,
        target_mask_BT=torch.ones_like(target_BT).bool(),
    )


def loss(model: EncoderDecoder) -> torch.Tensor:
    return -model.logp_P(copies()).mean()


def first_to_last() -> float:
    """The gradient of the decoder's first layer, as a multiple of its last layer's."""
    model = build()
    loss(model).backward()

    def size(layer: nn.Module) -> float:
        return math.hypot(*(p.grad.norm().item() for p in layer.parameters() if p.grad is not None and p.dim() == 2))

    return size(model.decoder.layers[0]) / size(model.decoder.layers[-1])


def after_training(steps: int = 60) -> float:
    model = build()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(model).backward()
        optimiser.step()
    return loss(model).item()


def without_depth_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial, "scale_depth", lambda module, *, layer: None)


def test_gradient_reaches_the_first_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0.2 < first_to_last() < 5
    without_depth_scale(monkeypatch)
    assert first_to_last() < 0.05, "else the scale is not what keeps the gradient alive"


@pytest.mark.slow
def test_deep_model_learns_from_the_first_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    guessing = math.log(SYMBOLS) * 5 / 6  # the sixth token is the end, always
    scaled = after_training()
    assert scaled < 0.75 * guessing
    without_depth_scale(monkeypatch)
    assert after_training() > scaled + 0.3

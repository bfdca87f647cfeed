"""Small models of every family, and batches for them."""

from collections.abc import Iterator
from itertools import islice

import torch

from seqloom.data.batches import make_batch
from seqloom.data.synthetic import SyntheticSettings
from seqloom.models.decoders import (
    ConvDecoderSettings,
    DecoderSettings,
    RecurrentDecoderSettings,
    TransformerDecoderSettings,
)
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import (
    ConvEncoderSettings,
    EncoderSettings,
    RecurrentEncoderSettings,
    TransformerEncoderSettings,
)
from seqloom.models.heads import CopyHeadSettings, GeneratorSettings, HeadSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings

TASK = SyntheticSettings(symbols=8, shortest=2, longest=6)

RECURRENT = (RecurrentEncoderSettings(width=16, layers=2), RecurrentDecoderSettings(width=16, layers=2))
WALKING = (
    RecurrentEncoderSettings(cell="lstm", width=16),
    RecurrentDecoderSettings(cell="lstm", width=16, input_feeding=True),
)
CONV = (ConvEncoderSettings(width=16, layers=2), ConvDecoderSettings(width=16, layers=2))
TRANSFORMER = (
    TransformerEncoderSettings(width=16, layers=2, heads=2, feed_forward=32),
    TransformerDecoderSettings(width=16, layers=2, heads=2, feed_forward=32),
)
FAMILIES: dict[str, tuple[EncoderSettings, DecoderSettings]] = {
    "recurrent": RECURRENT,
    "walking": WALKING,
    "conv": CONV,
    "transformer": TRANSFORMER,
}
SMALL = (
    TransformerEncoderSettings(width=16, layers=1, heads=2, feed_forward=32),
    TransformerDecoderSettings(width=16, layers=1, heads=2, feed_forward=32),
)
"""Where it matters what is done with a model, and not which."""


def model(family: str = "transformer", *, copies: bool = False) -> EncoderDecoder:
    """With the same weights at every call."""
    torch.manual_seed(1)
    encoder, decoder = SMALL if family == "small" else FAMILIES[family]
    head: HeadSettings = CopyHeadSettings() if copies else GeneratorSettings()
    settings = ModelSettings(
        source=TextSourceSettings(width=16),
        target=EmbeddingSettings(width=16),
        encoder=encoder,
        decoder=decoder,
        head=head,
    )
    return settings.build(source=TASK.vocabulary, target=TASK.vocabulary)


def batches(size: int = 16) -> Iterator[Batch]:
    """The same at every call, without end."""
    pairs = TASK.pairs("training")
    while True:
        yield make_batch(list(islice(pairs, size)), vocabulary=TASK.vocabulary)

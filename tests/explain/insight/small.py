"""Models of every family, hardly trained; and one that copies."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from seqloom import Seq2Seq
from seqloom.models.decoders import (
    AlignedDecoderSettings,
    ConvDecoderSettings,
    PooledDecoderSettings,
    RecurrentDecoderSettings,
    TransformerDecoderSettings,
)
from seqloom.models.decoders.attends import (
    GeneralAttentionSettings,
    HeadsAttentionSettings,
    LocalAttentionSettings,
    LocationAttentionSettings,
    NoAttentionSettings,
)
from seqloom.models.encoders import (
    ConvEncoderSettings,
    LatentEncoderSettings,
    RecurrentEncoderSettings,
    StackEncoderSettings,
    TransformerEncoderSettings,
)
from seqloom.models.heads import CopyHeadSettings
from seqloom.nn.self_ssru import SsruSelfSettings
from seqloom.training.objectives import CrossEntropySettings
from seqloom.training.objectives.kl import KlSettings
from seqloom.workflow.model import Model

W = 16
_TRANSFORMER = {"width": W, "heads": 2, "feed_forward": 24, "layers": 2}


def _recurrent(cell: Any, **more: Any) -> RecurrentDecoderSettings:
    return RecurrentDecoderSettings(cell=cell, width=W, **more)


def _read(cell: Any) -> RecurrentEncoderSettings:
    return RecurrentEncoderSettings(cell=cell, width=W)


_LATENT = StackEncoderSettings(encoders=(_read("gru"), LatentEncoderSettings(width=4, slots=2)))

FAMILIES: Mapping[str, dict[str, Any]] = {
    "tanh": {"encoder": _read("tanh"), "decoder": _recurrent("tanh", attention=NoAttentionSettings())},
    "lstm": {"encoder": _read("lstm"), "decoder": _recurrent("lstm", attention=GeneralAttentionSettings())},
    "input_feeding": {"encoder": _read("gru"), "decoder": _recurrent("gru", input_feeding=True, coverage=True)},
    "heads": {"encoder": _read("gru"), "decoder": _recurrent("gru", attention=HeadsAttentionSettings(heads=2))},
    "location": {"encoder": _read("gru"), "decoder": _recurrent("gru", attention=LocationAttentionSettings())},
    "local": {"encoder": _read("gru"), "decoder": _recurrent("gru", attention=LocalAttentionSettings(predict=False))},
    "conv": {"encoder": ConvEncoderSettings(width=W, layers=2), "decoder": ConvDecoderSettings(width=W, layers=2)},
    "transformer": {
        "encoder": TransformerEncoderSettings(**_TRANSFORMER),
        "decoder": TransformerDecoderSettings(**_TRANSFORMER),
    },
    "ssru": {
        "encoder": TransformerEncoderSettings(**_TRANSFORMER, window=2),
        "decoder": TransformerDecoderSettings(**_TRANSFORMER, self_attention=SsruSelfSettings()),
    },
    "copy": {"encoder": _read("gru"), "decoder": _recurrent("gru"), "head": CopyHeadSettings()},
    "latent": {"encoder": _LATENT, "decoder": _recurrent("gru")},
    "aligned": {"encoder": _read("gru"), "decoder": AlignedDecoderSettings(width=W)},
    "pooled": {"encoder": TransformerEncoderSettings(**_TRANSFORMER), "decoder": PooledDecoderSettings(width=W)},
}


def rows(number: int, *, seed: int = 1) -> list[list[int]]:
    dice = random.Random(seed)
    return [dice.sample(range(1, 9), k=dice.randint(2, 5)) for _ in range(number)]


def hardly(family: str) -> Model:
    """A model that has seen what a source and a target look like, and little else."""
    given = rows(64)
    targets = [row[:1] for row in given] if family == "pooled" else given
    made = Seq2Seq(**{"width": W, **FAMILIES[family]}, device="cpu")
    terms = [CrossEntropySettings(), KlSettings()] if family == "latent" else "cross_entropy"
    made.compile(loss=terms, rate=0.01, warmup=2)
    return made.fit(given, targets, epochs=4, batch_size=16, verbose=False).model


def copying() -> Model:
    """One that says what it reads."""
    given = rows(400)
    # Each position is read by itself, so that there is but one place to copy a token from.
    reads = ConvEncoderSettings(width=24, layers=1, kernel=1)
    made = Seq2Seq(reads, _recurrent("gru"), width=24, device="cpu").compile(rate=0.015, warmup=10)
    return made.fit(given, given, epochs=14, batch_size=16, verbose=False).model

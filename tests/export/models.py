"""Small Transformers whose every weight matters, and sentences for them."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from seqloom.core.settings import parse
from seqloom.core.specials import Specials
from seqloom.decoding.request import Pair, Source
from seqloom.export.ctranslate2 import write_ctranslate2
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings

SIZE = 30
SPECIALS = Specials(size=SIZE)


def settings_of(**parts: Any) -> ModelSettings:
    """A small Transformer's, with some of it set anew."""
    layers = {"kind": "transformer", "width": 16, "heads": 4, "feed_forward": 24}
    data: dict[str, Any] = {
        "source": {"kind": "text", "width": 16},
        "target": {"kind": "tokens", "width": 16},
        "encoder": {**layers, "layers": 2},
        "decoder": {**layers, "layers": 1},
        "head": {"kind": "generator"},
    }
    for name, part in parts.items():
        data[name] = {**data[name], **part} if isinstance(part, Mapping) and part.get("kind") is None else part
    return parse(ModelSettings, data)


def built(settings: ModelSettings, *, source: Specials = SPECIALS, target: Specials = SPECIALS) -> EncoderDecoder:
    """With noise on every weight: a fresh model's biases are nothing, and its norms do nothing."""
    torch.manual_seed(1)
    network = settings.build(source=source, target=target).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    return network


def write(network: EncoderDecoder, folder: Path, settings: ModelSettings, **how: Any) -> Path:
    words = {"source_tokens": [f"s{number}" for number in range(network.source.vocabulary.size)]}
    words["target_tokens"] = [f"t{number}" for number in range(network.vocabulary.size)]
    write_ctranslate2(network, folder, settings=settings, **{**words, **how})
    return folder


def sources(number: int, *, longest: int = 12, seed: int = 1) -> list[Source]:
    dice = random.Random(seed)
    return [Source(parts={"text": dice.choices(range(3, SIZE), k=dice.randint(1, longest))}) for _ in range(number)]


def pairs(size: int = SIZE, *, longest: int = 40) -> list[Pair]:
    """Of all lengths, so that there is padding on both sides; one target is empty."""
    dice = random.Random(1)
    lengths = [(1, 1), (3, longest), (longest, 2), (7, 0), (longest - 3, longest - 5)]
    return [
        Pair(
            source=Source(parts={"text": dice.choices(range(3, SIZE), k=num_source)}),
            target=dice.choices(range(3, size), k=num_target),
        )
        for num_source, num_target in lengths
    ]

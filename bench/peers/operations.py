"""What a training step computes, counted from the model's settings and the lengths of the pairs.

    python bench/peers/operations.py         # checks the counts against what torch counts while it computes

Only products of matrices count, and only real positions, whatever is padded: the work that a perfect program would do.
The backward pass makes two products of every one (for the input, and for the weight). The optimiser is left out.
"""

from typing import Any

import numpy as np
import torch
from ours import MODELS, VOCABULARY, model, recipe
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from seqloom.data.batches import make_batch
from seqloom.data.numbered import TEXT
from seqloom.decoding.request import Pair, Source
from seqloom.models.decoders import ConvDecoderSettings, RecurrentDecoderSettings, TransformerDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import ConvEncoderSettings, RecurrentEncoderSettings, TransformerEncoderSettings
from seqloom.training.loop import Learner
from seqloom.training.settings import TrainingSettings

__all__ = ["training_operations"]

GATES = {"tanh": 1, "gru": 3, "lstm": 4}
FORWARD_AND_BACKWARD = 3


def training_operations(
    settings: ModelSettings, source_lengths: np.ndarray, target_lengths: np.ndarray, *, vocabulary: int
) -> float:
    """Floating-point operations, a multiplication and an addition being two; target lengths are with their ends."""
    source, target = source_lengths.astype(np.float64), target_lengths.astype(np.float64)
    products = encoder(settings, source) + decoder(settings, source, target)
    products += target.sum() * said_width(settings) * vocabulary
    return float(2 * FORWARD_AND_BACKWARD * products)


def said_width(settings: ModelSettings) -> int:
    """Of what the output layer reads."""
    decoder: Any = settings.decoder
    return settings.target.width if decoder.kind == "conv" else decoder.width


def leaves(settings: ModelSettings) -> int:
    """The width of what the encoder leaves."""
    encoder: Any = settings.encoder
    return settings.source.width if encoder.kind == "conv" else encoder.width


def encoder(settings: ModelSettings, source: np.ndarray) -> float:
    """Multiply-adds of the forward pass."""
    words = settings.source.width
    match settings.encoder:
        case TransformerEncoderSettings() as own:
            width, tokens = own.width, source.sum()
            layer = tokens * (4 * width**2 + 2 * width * own.feed_forward) + 2 * (source**2).sum() * width
            return own.layers * layer
        case RecurrentEncoderSettings(layers=1) as own:
            directions = 2 if own.bidirectional else 1
            width = own.width // directions
            return source.sum() * directions * GATES[own.cell] * width * (words + width)
        case ConvEncoderSettings() as own:
            return source.sum() * (2 * words * own.width + own.layers * own.kernel * own.width * 2 * own.width)
    raise NotImplementedError(settings.encoder)


def decoder(settings: ModelSettings, source: np.ndarray, target: np.ndarray) -> float:
    """The same; the output layer is left out."""
    words = settings.target.width
    crossed, tokens = (source * target).sum(), target.sum()
    match settings.decoder:
        case TransformerDecoderSettings() as own:
            width = own.width
            own_part = tokens * (4 * width**2 + 2 * width * own.feed_forward) + 2 * (target**2).sum() * width
            cross = 2 * (tokens + source.sum()) * width**2 + 2 * crossed * width
            return own.layers * (own_part + cross)
        case RecurrentDecoderSettings(layers=1, input_feeding=True) as own:
            memory, width = leaves(settings), own.width
            cell = tokens * GATES[own.cell] * width * (words + 2 * width)
            attention = source.sum() * memory * width + crossed * (width + memory)
            return cell + attention + tokens * (memory + width) * width
        case ConvDecoderSettings() as own:
            convolution = tokens * own.kernel * own.width * 2 * own.width
            attention = 2 * tokens * own.width * words + 2 * crossed * words
            return own.layers * (convolution + attention) + 2 * tokens * words * own.width + crossed * words
    raise NotImplementedError(settings.decoder)


# ---- check -----------------------------------------------------------------------------------------------------------

ROWS, SOURCE, TARGET = 6, 13, 11


def counted_by_torch(model: EncoderDecoder) -> float:
    """Operations of one step on a batch without padding, in products that torch knows of."""
    vocabulary = model.vocabulary
    source, target = [5] * (SOURCE - 1) + [vocabulary.eos], [7] * (TARGET - 1)
    pairs = [Pair(source=Source(parts={TEXT: source}), target=target)] * ROWS
    learner = Learner(model, TrainingSettings(smoothing=0.1))
    with (
        # Torch counts no fused attention and no fused recurrence.
        sdpa_kernel(SDPBackend.MATH),
        torch.backends.mkldnn.flags(enabled=False),
        FlopCounterMode(display=False) as counter,
    ):
        for loss in learner.trainee(make_batch(pairs, vocabulary=vocabulary)):
            loss.total.backward()
    return float(counter.get_total_flops())


def main() -> None:
    lengths = np.full(ROWS, SOURCE), np.full(ROWS, TARGET)
    for kind in MODELS:
        counted = counted_by_torch(model(kind))
        told = training_operations(recipe(kind).model, *lengths, vocabulary=VOCABULARY.size)
        print(f"{kind:12} {told / 1e9:.4f} GFLOP by the settings, {counted / 1e9:.4f} by torch: {told / counted:.4f}")


if __name__ == "__main__":
    main()

"""Where the encoder's positions looked among the source, and the decoder's among what was said before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seqloom.explain.insight.attention import Layer, layers_of
from seqloom.explain.insight.matrices import Matrix, finite, matrix_of, rounded
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch

__all__ = ["OwnAttention", "SelfAttention", "self_attention_of"]


@dataclass(frozen=True, kw_only=True)
class OwnAttention:
    """One side's: a row a token that looks, a column a token that is looked at."""

    layers: tuple[Layer, ...]
    mean: Matrix
    """Over all layers and heads."""
    rows: tuple[str, ...]
    places: tuple[str, ...]

    def to_data(self) -> dict[str, Any]:
        return {
            "layers": [{"name": each.name, "heads": [*map(rounded, each.heads)]} for each in self.layers],
            "mean": rounded(self.mean),
            "entropy": [[*map(finite, each.entropy)] for each in self.layers],
            "rows": [*self.rows],
            "places": [*self.places],
        }


@dataclass(frozen=True, kw_only=True)
class SelfAttention:
    """None: that side has none, or none that looks at all there is."""

    encoder: OwnAttention | None
    decoder: OwnAttention | None

    def to_data(self) -> dict[str, Any]:
        sides = {"encoder": self.encoder, "decoder": self.decoder}
        return {name: side.to_data() for name, side in sides.items() if side is not None}


@torch.inference_mode()
def self_attention_of(
    network: EncoderDecoder, batch: Batch, *, read: Sequence[str], said: Sequence[str], before: Sequence[str]
) -> SelfAttention | None:
    """``read`` are the source's tokens; ``said`` the target's, and ``before`` what the decoder had read when it said
    each. None: neither side has any."""
    state = network.decoder.start(network.encode(batch.source), attention="all")
    own = network.decoder(batch.inputs_BT, state).own_attention
    of_encoder = [each[0] for each in network.encoder.self_attention(network.source(batch.source))]
    keeps = bool(of_encoder) and of_encoder[0].shape[-1] == len(read)
    names = read if keeps else [f"slot {place}" for place in range(of_encoder[0].shape[-1])] if of_encoder else ()
    encoder = _side(torch.stack(of_encoder), "encoder", names, names) if of_encoder else None
    decoder = _side(own[0], "decoder", said, before) if own is not None else None
    return SelfAttention(encoder=encoder, decoder=decoder) if encoder or decoder else None


def _side(weights_LHTS: Tensor, name: str, rows: Sequence[str], places: Sequence[str]) -> OwnAttention:
    weights_LHTS = weights_LHTS.float()
    return OwnAttention(
        layers=layers_of(weights_LHTS, name=name),
        mean=matrix_of(weights_LHTS.mean((0, 1))),
        rows=tuple(rows),
        places=tuple(places),
    )

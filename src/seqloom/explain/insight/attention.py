"""Where a decoder looked: every layer and head, what they come to, and what is read off them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seqloom.explain.insight.matrices import Matrix, Vector, finite, matrix_of, rounded, vector_of
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch

__all__ = ["Attention", "Layer", "attention_of", "layers_of", "rollout"]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer's heads, and how widely each looks around: bits, so that 1 is to hesitate between two places."""

    name: str
    heads: tuple[Matrix, ...]
    entropy: Vector


@dataclass(frozen=True, kw_only=True)
class Attention:
    """A row a token said, the end included; a column a place of the memory."""

    layers: tuple[Layer, ...]
    mean: Matrix
    """Over all layers and heads."""
    places: tuple[str, ...]
    """The memory's: the source's tokens, where it keeps them."""
    aligned: tuple[tuple[int, int], ...]
    """For each token said the one that it looked at most: (target, source). Nobody aligns the end."""
    rollout: Matrix | None = None
    """The mean through the encoder's own attention, to the tokens that were read; None: it has no attention."""

    @property
    def soft(self) -> Matrix:
        """The mean, in which every token said shares out one whole."""
        return tuple(tuple(weight / (sum(row) or 1.0) for weight in row) for row in self.mean)

    def to_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "layers": [{"name": each.name, "heads": [*map(rounded, each.heads)]} for each in self.layers],
            "mean": rounded(self.mean),
            "alignment": {"soft": rounded(self.soft), "hard": [[*each] for each in self.aligned]},
            "entropy": [[*map(finite, each.entropy)] for each in self.layers],
            "places": [*self.places],
        }
        if self.rollout is not None:
            data["rollout"] = rounded(self.rollout)
        return data


@torch.inference_mode()
def attention_of(network: EncoderDecoder, batch: Batch, source_tokens: Sequence[str]) -> Attention | None:
    """The target is said once more in one call, and the decoder shows all it has; None: it looks at nothing."""
    memory = network.encode(batch.source)
    state = network.decoder.start(memory, attention="all")
    shown = network.decoder(batch.inputs_BT, state).all_attention
    if shown is None:
        return None
    weights_LHTS = shown[0].float()
    mean_TS = weights_LHTS.mean((0, 1))
    of_tokens = memory.states_BSD.shape[1] == len(source_tokens) and network.encoder.latent is None
    places = tuple(source_tokens) if of_tokens else tuple(f"slot {place}" for place in range(mean_TS.shape[1]))
    best_T = mean_TS[:-1].argmax(-1).tolist()
    return Attention(
        layers=layers_of(weights_LHTS, name="decoder"),
        mean=matrix_of(mean_TS),
        places=places,
        aligned=tuple(enumerate(best_T)) if of_tokens else (),
        rollout=_rolled(network, batch, mean_TS) if of_tokens else None,
    )


def layers_of(weights_LHTS: Tensor, *, name: str) -> tuple[Layer, ...]:
    return tuple(
        Layer(
            name=f"{name} {number}",
            heads=tuple(map(matrix_of, heads_HTS)),
            entropy=vector_of(entropy_of(heads_HTS).mean(-1)),
        )
        for number, heads_HTS in enumerate(weights_LHTS, start=1)
    )


def entropy_of(weights_TS: Tensor) -> Tensor:
    """H = -Σ_s α_s log₂ α_s of each row."""
    return -torch.special.xlogy(weights_TS, weights_TS).sum(-1) / torch.log(weights_TS.new_tensor(2.0))


def rollout(layers: Sequence[Tensor]) -> Tensor:
    """Abnar & Zuidema 2020, section 3: R_l = Ã_l R_{l-1}, Ã = (A + I) / 2 for the way around each layer.

    A is the mean of the heads. Row s says of which tokens the state at s is made.
    """
    rolled_SS = torch.eye(layers[0].shape[-1], device=layers[0].device)
    for weights_HSS in layers:
        rolled_SS = (weights_HSS.float().mean(0) @ rolled_SS + rolled_SS) / 2
    return rolled_SS


def _rolled(network: EncoderDecoder, batch: Batch, mean_TS: Tensor) -> Matrix | None:
    """What the decoder looked at, as what that is made of."""
    weights = network.encoder.self_attention(network.source(batch.source))
    return matrix_of(mean_TS @ rollout([each[0] for each in weights])) if weights else None

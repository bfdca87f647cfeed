"""A convolutional decoder as its kernel reads it."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar, Self

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.engines.native.packing import FLOAT, INT, POINTER, LinearTable, Packing
from seqloom.models.decoders.conv import ConvDecoder
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.convolution import HALF
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory
from seqloom.nn.positions import LearnedPositions, Positions, SinusoidalPositions

__all__ = ["Convolutional"]

_POSITIONS = 512
"""Positions whose vectors are made ahead, where any number is possible."""


class LayerTable(ctypes.Structure):
    _fields_ = [("convolution", LinearTable), ("always", POINTER)]


class DecoderTable(ctypes.Structure):
    _fields_ = [
        *((name, INT) for name in ("layers", "width", "kernel", "embedding", "memory", "unknown", "vocabulary")),
        ("scale", FLOAT),
        *((name, POINTER) for name in ("table", "positions")),
        *((name, LinearTable) for name in ("into", "out")),
        ("layer", POINTER),
    ]


class Convolutional:
    """A ``Family``: gated convolutions with an attention each, positions that are added.

    d · z = (W h + b + g) · z = h · Wᵀz + b · z + g · z, and what is fetched is only multiplied by a matrix. So each layer
    has its own keys Wᵀz and values, made once a source, and no product of its own with queries.
    """

    function: ClassVar[str] = "conv_step"

    @classmethod
    def takes(cls, decoder: Any) -> bool:
        return (
            type(decoder) is ConvDecoder
            and type(decoder.embedding) is TokenEmbedding
            and type(decoder.positions) in (Positions, SinusoidalPositions, LearnedPositions)
        )

    @classmethod
    def of(cls, network: EncoderDecoder, packing: Packing) -> Self:
        return cls(network.decoder, packing)

    def __init__(self, decoder: Any, packing: Packing) -> None:
        self._decoder = decoder
        self._pack = packing
        layers, attentions = list(decoder.layers), list(decoder.attentions)
        width, kernel = decoder.into.out_features, decoder.window + 1
        self.hidden = decoder.embedding.width
        self.past = len(layers) * width if kernel > 1 else 0
        self._query_bias_LE = torch.stack([each.query.bias.detach() for each in attentions])
        self._query_LDE = torch.stack([each.query.weight.detach().t() for each in attentions])
        # The last of the two factors √½ that a layer's sum is multiplied by.
        self._value_LDE = torch.stack([each.out.weight.detach() for each in attentions]) * 0.5
        self._layers = (LayerTable * len(layers))(
            *(
                LayerTable(
                    convolution=packing.product(
                        each.convolution.weight.detach().transpose(1, 2).flatten(1), each.convolution.bias.detach()
                    ),
                    always=packing.tensor(attention.out.bias.detach() * 0.5),
                )
                for each, attention in zip(layers, attentions, strict=True)
            )
        )
        self.table = DecoderTable(
            layers=len(layers),
            width=width,
            kernel=kernel,
            embedding=self.hidden,
            memory=self.hidden + len(layers) * (1 + 2 * width),
            unknown=decoder.embedding.vocabulary.unk,
            vocabulary=decoder.embedding.vocabulary.size,
            scale=decoder.embedding.factor,
            table=packing.tensor(decoder.embedding.table.weight),
            into=packing.linear(decoder.into),
            out=packing.linear(decoder.out),
            layer=ctypes.addressof(self._layers),
        )
        self._reached = 0

    def memory_BSX(self, memory: Memory) -> Tensor:
        """What meets the tokens; a number a layer; and the layers' keys and values."""
        state = self._decoder.start(memory)
        keys_BSE = state.keys_BSD * (HALF * self.hidden**-0.5)
        values_BSE = state.values_BSD * memory.mask_BS.sum(1).sqrt()[:, None, None]
        both_BSLD = (
            functional.linear(each_BSE, weight_LDE.flatten(0, 1)).unflatten(-1, (self.table.layers, -1))
            for each_BSE, weight_LDE in ((keys_BSE, self._query_LDE), (values_BSE, self._value_LDE))
        )
        biases_BSL = functional.linear(keys_BSE, self._query_bias_LE)
        return torch.cat([keys_BSE, biases_BSL, torch.cat([*both_BSLD], -1).flatten(2)], -1)

    def cell_BX(self, memory: Memory) -> Tensor | None:
        return None

    def reach(self, length: int) -> None:
        """Have the vectors of so many positions. What other threads read meanwhile stays where it is."""
        if length <= self._reached:
            return
        positions = self._decoder.positions
        reached = max(_POSITIONS, 2 * length) if positions.longest is None else positions.longest
        if type(positions) is not Positions:
            nothing_1TE = torch.zeros(1, reached, self.hidden)
            self.table.positions = self._pack.tensor(positions.add(nothing_1TE, torch.arange(reached)[None]))
        self._reached = reached

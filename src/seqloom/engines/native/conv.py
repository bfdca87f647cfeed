"""A convolutional decoder as its kernel reads it."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar, Self

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.engines.native.packing import INT, POINTER, LinearTable, Packing
from seqloom.models.decoders.conv import ConvDecoder
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.convolution import HALF
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory
from seqloom.nn.positions import LearnedPositions, Positions, SinusoidalPositions

__all__ = ["Convolutional"]

_POSITIONS = 512
"""Positions whose vectors are made ahead, where any number is possible."""
_LARGEST_TABLE = 1 << 24
"""Numbers; beyond, what a token is to the first layer is computed at every step. Each is a float exactly."""


class LayerTable(ctypes.Structure):
    _fields_ = [("convolution", POINTER), ("always", POINTER)]


class DecoderTable(ctypes.Structure):
    _fields_ = [
        *((name, INT) for name in ("layers", "width", "kernel", "embedding", "memory", "unknown", "vocabulary")),
        ("ahead", INT),
        *((name, POINTER) for name in ("table", "positions")),
        *((name, LinearTable) for name in ("into", "out")),
        ("layer", POINTER),
    ]


class Convolutional:
    """A ``Family``: gated convolutions with an attention each, positions that are added.

    d · z = (W h + b + g) · z = h · Wᵀz + b · z + g · z, and what is fetched is only multiplied by a matrix. So each
    layer has its own keys Wᵀz and values, made once a source, and no product of its own with queries.
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
        self.cell = 0
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
        self._taps = [each.convolution.weight.detach().unbind(2)[::-1] for each in layers]
        self._products = [
            (LinearTable * kernel)(
                *(
                    packing.product(tap_RD, None if back else each.convolution.bias.detach())
                    for back, tap_RD in enumerate(taps)
                )
            )
            for each, taps in zip(layers, self._taps, strict=True)
        ]
        self._layers = (LayerTable * len(layers))(
            *(
                LayerTable(
                    convolution=ctypes.addressof(products), always=packing.tensor(attention.out.bias.detach() * 0.5)
                )
                for products, attention in zip(self._products, attentions, strict=True)
            )
        )
        vocabulary, embeddings_VE = decoder.embedding.vocabulary, decoder.embedding.table.weight.detach()
        embeddings_VE = embeddings_VE * decoder.embedding.factor
        num_numbers = vocabulary.size * (self.hidden + (1 + 2 * kernel) * width)
        self._ahead = num_numbers <= _LARGEST_TABLE
        self.table = DecoderTable(
            layers=len(layers),
            width=width,
            kernel=kernel,
            embedding=self.hidden,
            memory=self.hidden + len(layers) * (1 + 2 * width),
            unknown=vocabulary.unk,
            vocabulary=vocabulary.size,
            ahead=self._ahead,
            table=packing.tensor(self._row_VX(embeddings_VE, biased=True)),
            into=packing.linear(decoder.into),
            out=packing.linear(decoder.out),
            layer=ctypes.addressof(self._layers),
        )
        self._reached = 0

    def _row_VX(self, vectors_VE: Tensor, *, biased: bool) -> Tensor:
        """Vectors, and what they are to the first layer: its input, and the products of it, the newest's first."""
        if not self._ahead:
            return vectors_VE
        into, convolution = self._decoder.into, next(iter(self._decoder.layers)).convolution
        x_VD = functional.linear(vectors_VE, into.weight.detach(), into.bias.detach() if biased else None)
        products = [functional.linear(x_VD, tap_RD) for tap_RD in self._taps[0]]
        if biased:
            products[0] = products[0] + convolution.bias.detach()
        return torch.cat([vectors_VE, x_VD, *products], 1)

    def memory_BSX(self, memory: Memory) -> Tensor:
        """What meets the tokens, a number a layer, the layers' keys, and their values."""
        state = self._decoder.start(memory)
        keys_BSE = state.keys_BSD * (HALF * self.hidden**-0.5)
        values_BSE = state.values_BSD * memory.mask_BS.sum(1).sqrt()[:, None, None]
        return torch.cat(
            [
                keys_BSE,
                functional.linear(keys_BSE, self._query_bias_LE),
                functional.linear(keys_BSE, self._query_LDE.flatten(0, 1)),
                functional.linear(values_BSE, self._value_LDE.flatten(0, 1)),
            ],
            -1,
        )

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
            added_1TE = positions.add(nothing_1TE, torch.arange(reached)[None]).detach()
            self.table.positions = self._pack.tensor(self._row_VX(added_1TE[0], biased=False))
        self._reached = reached

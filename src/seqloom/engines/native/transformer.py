"""A Transformer decoder as its kernel reads it."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.engines.native.packing import FLOAT, INT, POINTER, LinearTable, NormTable, Packing
from seqloom.models.decoders.transformer import TransformerDecoder
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory
from seqloom.nn.positions import LearnedPositions, Positions, SinusoidalPositions
from seqloom.nn.self_cached import CachedAttention
from seqloom.nn.self_ssru import Ssru

__all__ = ["Transformer"]

_POSITIONS = 512
"""Positions whose vectors are made ahead, where any number is possible."""


class LayerTable(ctypes.Structure):
    _fields_ = [
        *((name, LinearTable) for name in ("read", "read_out", "query", "cross_out", "inner", "outer")),
        ("norms", NormTable * 3),
    ]


class DecoderTable(ctypes.Structure):
    _fields_ = [
        *((name, INT) for name in ("layers", "width", "heads", "kv_heads", "activation", "pre", "ssru")),
        *((name, INT) for name in ("unknown", "vocabulary", "embedding")),
        ("scale", FLOAT),
        ("table", POINTER),
        ("positions", POINTER),
        ("into", LinearTable),
        ("last", NormTable),
        ("layer", POINTER),
    ]


class Transformer:
    """A ``Family``: self-attention or an SSRU, the norm before or after, positions that are added."""

    function: ClassVar[str] = "transformer_step"

    @classmethod
    def takes(cls, decoder: Any) -> bool:
        return (
            type(decoder) is TransformerDecoder
            and type(decoder.embedding) is TokenEmbedding
            and type(decoder.positions) in (Positions, SinusoidalPositions, LearnedPositions)
            and {type(layer.self_attention) for layer in decoder.layers} in ({CachedAttention}, {Ssru})
        )

    @classmethod
    def of(cls, network: EncoderDecoder, packing: Packing) -> Self:
        return cls(network.decoder, packing)

    def __init__(self, decoder: Any, packing: Packing) -> None:
        self._positions = decoder.positions
        self._pack = pack = packing
        first = decoder.layers[0]
        num_layers, self.hidden = len(decoder.layers), first.self_residual.norm.normalized_shape[0]
        self._ssru = type(first.self_attention) is Ssru
        self._recurs = num_layers * self.hidden if self._ssru else 0
        of_memory = [
            part for layer in decoder.layers for part in (layer.cross_attention.key, layer.cross_attention.value)
        ]
        self._memory_weight = torch.cat([each.weight.detach() for each in of_memory])
        self._memory_bias = torch.cat([each.bias.detach() for each in of_memory])
        self.past = 0 if self._ssru else len(self._memory_bias)
        self._layers = (LayerTable * num_layers)(*(self._layer(layer) for layer in decoder.layers))
        vocabulary = decoder.embedding.vocabulary
        self.table = DecoderTable(
            layers=num_layers,
            width=self.hidden,
            heads=self.hidden // first.cross_attention.head_width,
            kv_heads=first.cross_attention.key.out_features // first.cross_attention.head_width,
            activation=("relu", "gelu", "swiglu").index(first.feed_forward.activation),
            pre=first.self_residual.order == "pre",
            ssru=self._ssru,
            unknown=vocabulary.unk,
            vocabulary=vocabulary.size,
            embedding=decoder.embedding.width,
            scale=decoder.embedding.factor,
            table=pack.tensor(decoder.embedding.table.weight),
            into=pack.linear(decoder.into) if isinstance(decoder.into, nn.Linear) else LinearTable(),
            last=NormTable() if isinstance(decoder.norm, nn.Identity) else pack.norm(decoder.norm),
            layer=ctypes.addressof(self._layers),
        )
        self._reached = 0

    def memory_BSX(self, memory: Memory) -> Tensor:
        return functional.linear(memory.states_BSD, self._memory_weight, self._memory_bias)

    def cell_BX(self, memory: Memory) -> Tensor | None:
        return memory.states_BSD.new_zeros(len(memory.mask_BS), self._recurs) if self._ssru else None

    def _layer(self, layer: Any) -> LayerTable:
        pack, past, cross = self._pack, layer.self_attention, layer.cross_attention
        scale: float = cross.head_width**-0.5
        if self._ssru:
            read, read_out = pack.linear(past.forget, past.value), LinearTable()
        else:
            read = pack.linear(past.query, past.key, past.value, scales=[scale, 1.0, 1.0])
            read_out = pack.linear(past.out)
        norms = [pack.norm(each.norm) for each in (layer.self_residual, layer.cross_residual, layer.feed_residual)]
        return LayerTable(
            read=read,
            read_out=read_out,
            query=pack.linear(cross.query, scales=[scale]),
            cross_out=pack.linear(cross.out),
            inner=pack.linear(layer.feed_forward.inner),
            outer=pack.linear(layer.feed_forward.outer),
            norms=(NormTable * 3)(*norms),
        )

    def reach(self, length: int) -> None:
        """Have the vectors of so many positions. What other threads read meanwhile stays where it is."""
        if length <= self._reached:
            return
        most = self._positions.longest
        reached = max(_POSITIONS, 2 * length) if most is None else most
        if type(self._positions) is not Positions:
            nothing_1TD = torch.zeros(1, reached, self.hidden)
            added_1TD = self._positions.add(nothing_1TD, torch.arange(reached)[None])
            self.table.positions = self._pack.tensor(added_1TD)
        self._reached = reached

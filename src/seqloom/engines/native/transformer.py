"""A Transformer as its kernels read it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.engines.native.family import Family
from seqloom.engines.native.packing import FLOAT, INT, POINTER, LinearTable, NormTable, Packing, address
from seqloom.models.decoders.transformer import TransformerDecoder
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.encoders.transformer import TransformerEncoder
from seqloom.models.sources import TextSource
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory, SourceBatch
from seqloom.nn.positions import LearnedPositions, Positions, SinusoidalPositions
from seqloom.nn.self_cached import CachedAttention
from seqloom.nn.self_ssru import Ssru
from seqloom.nn.sight import Whole

__all__ = ["Transformer", "TransformerReader"]

_POSITIONS = 512
"""Positions whose vectors are made ahead, where any number is possible."""


class LayerTable(ctypes.Structure):
    _fields_ = [
        *((name, LinearTable) for name in ("read", "read_out", "query", "cross_out", "inner", "outer")),
        ("norms", NormTable * 3),
    ]


class TransformerTable(ctypes.Structure):
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


class _Whole:
    """What encoder and decoder have in common: the embedding of tokens, positions that are added, layers, a norm."""

    def __init__(self, part: Any, embedding: TokenEmbedding, layers: Sequence[LayerTable], packing: Packing) -> None:
        first = part.layers[0]
        attention = first.self_attention if isinstance(part, TransformerEncoder) else first.cross_attention
        self._pack, self._positions = packing, part.positions
        self._layers = (LayerTable * len(layers))(*layers)
        self._reached = 0
        self.width: int = first.self_residual.norm.normalized_shape[0]
        self.table = TransformerTable(
            layers=len(layers),
            width=self.width,
            heads=self.width // attention.head_width,
            kv_heads=attention.key.out_features // attention.head_width,
            activation=("relu", "gelu", "swiglu").index(first.feed_forward.activation),
            pre=first.self_residual.order == "pre",
            ssru=type(first.self_attention) is Ssru,
            unknown=embedding.vocabulary.unk,
            vocabulary=embedding.vocabulary.size,
            embedding=embedding.width,
            scale=embedding.factor,
            table=packing.tensor(embedding.table.weight),
            into=packing.linear(part.into) if isinstance(part.into, nn.Linear) else LinearTable(),
            last=NormTable() if isinstance(part.norm, nn.Identity) else packing.norm(part.norm),
            layer=ctypes.addressof(self._layers),
        )

    @staticmethod
    def adds(positions: Positions) -> bool:
        """Whether they are vectors that are added, or none."""
        return type(positions) in (Positions, SinusoidalPositions, LearnedPositions)

    def reach(self, length: int) -> None:
        """Have the vectors of so many positions. What other threads read meanwhile stays where it is."""
        if length <= self._reached:
            return
        most = self._positions.longest
        reached = max(_POSITIONS, 2 * length) if most is None else max(most, length)
        if type(self._positions) is not Positions:
            nothing_1TD = torch.zeros(1, reached, self.width)
            added_1TD = self._positions.add(nothing_1TD, torch.arange(reached)[None])
            self.table.positions = self._pack.tensor(added_1TD)
        self._reached = reached


class TransformerReader(_Whole):
    """The encoder of a model whose decoder is a ``Transformer`` too: texts to all that its layers need of them."""

    @classmethod
    def of(cls, network: EncoderDecoder, family: Family, packing: Packing) -> Self | None:
        """None where the kernel does not know all that the encoder is made of."""
        source, encoder = network.source, network.encoder
        known = (
            type(source) is TextSource
            and source.factors is None
            and type(source.embedding) is TokenEmbedding
            and type(encoder) is TransformerEncoder
            and type(encoder.sight) is Whole
            and cls.adds(encoder.positions)
        )
        return cls(source, encoder, family, packing) if known and isinstance(family, Transformer) else None

    def __init__(self, source: Any, encoder: Any, family: Transformer, packing: Packing) -> None:
        layers = [_encoder_layer(layer, packing) for layer in encoder.layers]
        super().__init__(encoder, source.embedding, layers, packing)
        self._family, self._memory = family, family.memory

    def read(self, source: SourceBatch, library: ctypes.CDLL) -> tuple[Sequence[Tensor], Tensor | None]:
        """Of each source, (S, X), and where its answer's recurrence begins."""
        text = source.parts["text"]
        length_B = text.mask_BS.sum(1)
        self.reach(int(length_B.max()))
        token_R = text.values[text.mask_BS]
        first_B = functional.pad(length_B.cumsum(0), (1, 0))
        memory_RX = torch.empty(len(token_R), self._memory.outputs)
        tables = (ctypes.addressof(self.table), ctypes.addressof(self._memory))
        asked = (address(token_R), address(first_B), len(length_B), torch.get_num_threads(), address(memory_RX))
        if not library.transformer_read(*tables, *asked):
            raise MemoryError
        return memory_RX.split(length_B.tolist()), self._family.cells_BX(len(length_B))


class Transformer(_Whole):
    """A ``Family``: self-attention or an SSRU, the norm before or after, positions that are added."""

    function: ClassVar[str] = "transformer_step"

    @classmethod
    def takes(cls, decoder: Any) -> bool:
        return (
            type(decoder) is TransformerDecoder
            and type(decoder.embedding) is TokenEmbedding
            and cls.adds(decoder.positions)
            and {type(layer.self_attention) for layer in decoder.layers} in ({CachedAttention}, {Ssru})
        )

    @classmethod
    def of(cls, network: EncoderDecoder, packing: Packing) -> Self:
        return cls(network.decoder, packing)

    def __init__(self, decoder: Any, packing: Packing) -> None:
        layers = [_decoder_layer(layer, packing) for layer in decoder.layers]
        super().__init__(decoder, decoder.embedding, layers, packing)
        self.hidden = self.width
        ssru = type(decoder.layers[0].self_attention) is Ssru
        self.cell = len(layers) * self.width if ssru else 0
        of_memory = [
            part for layer in decoder.layers for part in (layer.cross_attention.key, layer.cross_attention.value)
        ]
        self._memory_weight = torch.cat([each.weight.detach() for each in of_memory])
        self._memory_bias = torch.cat([each.bias.detach() for each in of_memory])
        self.past = 0 if ssru else len(self._memory_bias)
        self.memory = packing.linear(*of_memory)

    def memory_BSX(self, memory: Memory) -> Tensor:
        return functional.linear(memory.states_BSD, self._memory_weight, self._memory_bias)

    def cell_BX(self, memory: Memory) -> Tensor | None:
        return self.cells_BX(len(memory.mask_BS))

    def cells_BX(self, num_sources: int) -> Tensor | None:
        """They begin with nothing, whatever was read."""
        return torch.zeros(num_sources, self.cell) if self.cell else None


def _decoder_layer(layer: Any, pack: Packing) -> LayerTable:
    past, cross = layer.self_attention, layer.cross_attention
    scale: float = cross.head_width**-0.5
    if type(past) is Ssru:
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


def _encoder_layer(layer: Any, pack: Packing) -> LayerTable:
    own = layer.self_attention
    norms = [pack.norm(layer.self_residual.norm), NormTable(), pack.norm(layer.feed_residual.norm)]
    return LayerTable(
        read=pack.linear(own.query, own.key, own.value, scales=[own.head_width**-0.5, 1.0, 1.0]),
        read_out=pack.linear(own.out),
        inner=pack.linear(layer.feed_forward.inner),
        outer=pack.linear(layer.feed_forward.outer),
        norms=(NormTable * 3)(*norms),
    )

"""A Transformer decoder's steps by the kernels: all layers in one call, and of the vocabulary only the best."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.decoding.stepper import Best, Step
from seqloom.engines.native.compiled import kernels
from seqloom.engines.native.packing import (
    CallTable,
    DecoderTable,
    LayerTable,
    LinearTable,
    NormTable,
    Packing,
    address,
)
from seqloom.engines.native.state import Held, TransformerState
from seqloom.models.decoders.transformer import TransformerDecoder
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.heads.generator import Generator
from seqloom.models.shortlist import Lists, Shortlist, said
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Features
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import SourceBatch
from seqloom.nn.positions import LearnedPositions, Positions, SinusoidalPositions
from seqloom.nn.self_cached import CachedAttention
from seqloom.nn.self_ssru import Ssru
from seqloom.nn.state import State

__all__ = ["NativeStepper", "takes"]

_ROOM_OF_PAST = 48
"""Tokens that an answer has room for at first; what is not written costs nothing."""
_POSITIONS = 512
"""Positions whose vectors are made ahead, where any number is possible."""


def takes(network: EncoderDecoder) -> bool:
    """Whether the kernels know all that this model's decoder and head are made of, and are there."""
    decoder, head = network.decoder, network.head
    return (
        type(decoder) is TransformerDecoder
        and type(head) is Generator
        and type(decoder.embedding) is TokenEmbedding
        and type(decoder.positions) in (Positions, SinusoidalPositions, LearnedPositions)
        and {type(layer.self_attention) for layer in decoder.layers} in ({CachedAttention}, {Ssru})
        and {each.dtype for each in network.parameters()} == {torch.float32}
        and next(network.parameters()).device.type == "cpu"
        and kernels() is not None
    )


class NativeStepper:
    """The steps of a model that ``takes`` approves of; what the kernels cannot say, the model's own stepper does."""

    joins = True

    def __init__(self, network: EncoderDecoder, *, shortlist: Shortlist | None = None) -> None:
        """``shortlist`` says of a source's tokens which its answer may be made of; None: of all."""
        self.plain = ModelStepper(network, shortlist=shortlist)
        self.vocabulary = network.vocabulary
        self.longest = network.decoder.longest
        self.order = network.decoder.order
        self._network = network
        # Those that were made for inference alone never change, and have no version.
        self._weights = [each for each in network.parameters() if not each.is_inference()]
        self._packed: _Packed | None = None
        library = kernels()
        assert library is not None, "whoever asks `takes` first knows that they are there"
        self._library = library

    def start(self, source: SourceBatch, *, beams: int, attention: bool = False) -> State:
        if attention:
            return self.plain.start(source, beams=beams, attention=True)
        packed = self._of_now()
        memory = self._network.encode(source)
        memory_BSX = functional.linear(memory.states_BSD, packed.memory_weight, packed.memory_bias)
        num_sources = len(memory.mask_BS)
        cell_NX = memory_BSX.new_zeros(num_sources * beams, packed.layers * packed.width) if packed.ssru else None
        room = 0 if packed.ssru else _ROOM_OF_PAST
        return TransformerState(
            beams=beams,
            held=Held(
                [memory_BSX.new_empty(room, beams, memory_BSX.shape[2]) for _ in range(num_sources)],
                memory_BSX.unbind(0),
            ),
            beam_NT=None
            if beams == 1 or packed.ssru
            else memory.mask_BS.new_zeros(num_sources * beams, 0, dtype=torch.long),
            cell_NX=cell_NX,
            position_B=memory.mask_BS.new_zeros(num_sources, dtype=torch.long),
            length=0,
            length_B=memory.mask_BS.sum(1),
            longest_source=memory.mask_BS.shape[1],
            lists=Lists.of(self.plain.shortlist, source, self.vocabulary),
        )

    def step(self, tokens_N: Tensor, state: State) -> Step:
        """All log-probabilities: the kernels go as far as the last layer, the head does the rest."""
        if not isinstance(state, TransformerState):
            return self.plain.step(tokens_N, state)
        packed = self._packed
        assert packed is not None
        hidden_ND = torch.empty(len(tokens_N), packed.width)
        rows_R = torch.arange(len(tokens_N), dtype=torch.int32)
        state = self._step(tokens_N, state, rows_R, packed, hidden=address(hidden_ND))
        source_N = torch.arange(len(tokens_N)) // state.beams
        at = Features(hidden_PD=hidden_ND, row_P=source_N)
        nothing: Any = None  # a generator looks at no memory
        logp_NV, columns_V = said(self._network.head, at, nothing, state.lists)
        return Step(logp_NV=logp_NV, columns_V=columns_V, state=state)

    def best(self, tokens_N: Tensor, state: State, *, count: int, alive_N: Tensor) -> Best:
        assert isinstance(state, TransformerState)
        packed = self._packed
        assert packed is not None
        logp_NC = torch.full([len(tokens_N), count], -torch.inf)
        token_NC = torch.zeros(len(tokens_N), count, dtype=torch.long)
        end_N = torch.full([len(tokens_N)], -torch.inf)
        rows_R = alive_N.nonzero().flatten().to(torch.int32)
        specials = packed.specials
        state = self._step(
            tokens_N,
            state,
            rows_R,
            packed,
            output=packed.output,
            list=None if state.lists is None else address(state.lists.address_B),
            list_length=None if state.lists is None else address(state.lists.length_B),
            token_weight=packed.token_weight,
            token_bias=packed.token_bias,
            count=count,
            end=self.vocabulary.eos,
            never=self.vocabulary.pad,
            num_barred=len(specials),
            barred=address(specials),
            best_logp=address(logp_NC),
            best_id=address(token_NC),
            end_logp=address(end_N),
        )
        return Best(logp_NC=logp_NC, token_NC=token_NC, end_N=end_N, state=state)

    def _step(
        self, tokens_N: Tensor, state: TransformerState, rows_R: Tensor, packed: _Packed, **wanted: Any
    ) -> TransformerState:
        state = state.with_room()
        packed.reach(state.length + 1)
        tokens_N = tokens_N.contiguous()
        call = CallTable(
            rows=len(rows_R),
            beams=state.beams,
            threads=torch.get_num_threads(),
            row=address(rows_R),
            token=address(tokens_N),
            position=address(state.position_B),
            beam=address(state.beam_NT),
            beam_step=0 if state.beam_NT is None else state.beam_NT.shape[1],
            past=address(state.held.past_B),
            cell=address(state.cell_NX),
            memory=address(state.held.memory_B),
            source_length=address(state.length_B),
            longest=max(state.length + 1, state.longest_source),
            **wanted,
        )
        if not self._library.step(ctypes.addressof(packed.table), ctypes.addressof(call)):
            raise MemoryError
        return replace(state, position_B=state.position_B + 1, length=state.length + 1)

    def _of_now(self) -> _Packed:
        """The weights as they are: a model that is still learning has others each time."""
        version = sum(each._version for each in self._weights)
        if self._packed is None or self._packed.version != version:
            self._packed = _Packed(self._network, panel=self._library.panel_width(), version=version)
        return self._packed


class _Packed:
    """A model's decoder and output as the kernels read them."""

    def __init__(self, network: EncoderDecoder, *, panel: int, version: int) -> None:
        decoder: Any = network.decoder
        head: Any = network.head
        self.version = version
        self._positions = decoder.positions
        self._pack = pack = Packing(panel=panel)
        first = decoder.layers[0]
        self.layers, self.width = len(decoder.layers), first.self_residual.norm.normalized_shape[0]
        self.ssru = type(first.self_attention) is Ssru
        of_memory = [
            part for layer in decoder.layers for part in (layer.cross_attention.key, layer.cross_attention.value)
        ]
        self.memory_weight = torch.cat([each.weight.detach() for each in of_memory])
        self.memory_bias = torch.cat([each.bias.detach() for each in of_memory])
        self._layers = (LayerTable * self.layers)(*(self._layer(layer) for layer in decoder.layers))
        vocabulary = decoder.embedding.vocabulary
        barred = sorted({vocabulary.pad, vocabulary.bos} - {vocabulary.eos})
        self.specials = torch.tensor(barred, dtype=torch.int32)
        self.output = pack.product(head.weight.detach(), None if head.bias is None else head.bias.detach())
        self.token_weight, self.token_bias = pack.tensor(head.weight), pack.tensor(head.bias)
        self.table = DecoderTable(
            layers=self.layers,
            width=self.width,
            heads=self.width // first.cross_attention.head_width,
            kv_heads=first.cross_attention.key.out_features // first.cross_attention.head_width,
            activation=("relu", "gelu", "swiglu").index(first.feed_forward.activation),
            pre=first.self_residual.order == "pre",
            ssru=self.ssru,
            unknown=vocabulary.unk,
            vocabulary=vocabulary.size,
            embedding=decoder.embedding.width,
            scale=decoder.embedding.factor,
            table=pack.tensor(decoder.embedding.table.weight),
            into=pack.linear(decoder.into) if isinstance(decoder.into, nn.Linear) else LinearTable(),
            last=NormTable() if isinstance(decoder.norm, nn.Identity) else pack.norm(decoder.norm),
            bridge=pack.linear(head.bridge) if isinstance(head.bridge, nn.Linear) else LinearTable(),
            layer=ctypes.addressof(self._layers),
        )
        self._reached = 0

    def _layer(self, layer: Any) -> LayerTable:
        pack, past, cross = self._pack, layer.self_attention, layer.cross_attention
        scale: float = cross.head_width**-0.5
        if self.ssru:
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
            nothing_1TD = torch.zeros(1, reached, self.width)
            added_1TD = self._positions.add(nothing_1TD, torch.arange(reached)[None])
            self.table.positions = self._pack.tensor(added_1TD)
        self._reached = reached

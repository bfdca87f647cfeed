"""A decoder's steps by the kernels: all layers in one call, and of the vocabulary only the best."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from seqloom.decoding.stepper import Best, Step
from seqloom.engines.native.compiled import kernels
from seqloom.engines.native.conv import Convolutional
from seqloom.engines.native.family import Family
from seqloom.engines.native.packing import CallTable, Packing, Shorts, address
from seqloom.engines.native.recurrent import Recurrent
from seqloom.engines.native.state import Held, NativeState
from seqloom.engines.native.transformer import Transformer, TransformerReader
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.heads.generator import Generator
from seqloom.models.shortlist import Lists, Shortlist, said
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Features
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import State

__all__ = ["NativeStepper", "Packed", "knows_shorts", "takes"]

_FAMILIES: tuple[type[Family], ...] = (Transformer, Recurrent, Convolutional)
_ROOM_OF_PAST = 48
"""Tokens that an answer has room for at first; what is not written costs nothing."""


def takes(network: EncoderDecoder) -> bool:
    """Whether the kernels know all that this model's decoder and head are made of, and are there."""
    return (
        type(network.head) is Generator
        and any(family.takes(network.decoder) for family in _FAMILIES)
        and {each.dtype for each in network.parameters()} == {torch.float32}
        and next(network.parameters()).device.type == "cpu"
        and kernels() is not None
    )


def knows_shorts() -> bool:
    """Whether the kernels can multiply in 16 bits on this processor."""
    library = kernels()
    return library is not None and bool(library.knows_shorts())


@dataclass(frozen=True, kw_only=True)
class Read:
    """Sources as the kernels need them."""

    memories: Sequence[Tensor]
    """Of each, (S, X): what its positions are to all layers. What is behind its length is never looked at."""
    length_B: Tensor
    cell_BX: Tensor | None
    lists: Lists | None


class NativeStepper:
    """The steps of a model that ``takes`` approves of; what the kernels cannot say, the model's own stepper does."""

    joins = True

    def __init__(self, network: EncoderDecoder, *, shortlist: Shortlist | None = None, rounded: bool = False) -> None:
        """``shortlist`` says of a source's tokens which its answer may be made of; None: of all.

        ``rounded``: all is multiplied in 16 bits, where the processor does so faster.
        """
        self._rounded = rounded
        self.plain = ModelStepper(network, shortlist=shortlist)
        self.vocabulary = network.vocabulary
        self.longest = network.decoder.longest
        self.order = network.decoder.order
        self._network = network
        # Those that were made for inference alone never change, and have no version.
        self._weights = [each for each in network.parameters() if not each.is_inference()]
        self._packed: Packed | None = None
        library = kernels()
        assert library is not None, "whoever asks `takes` first knows that they are there"
        self._library = library

    def start(self, source: SourceBatch, *, beams: int, attention: bool = False) -> State:
        if attention:
            return self.plain.start(source, beams=beams, attention=True)
        read = self.read(source)
        past, num_sources = self.packed().family.past, len(read.memories)
        pasts = [torch.empty(_ROOM_OF_PAST, beams, past) for _ in range(num_sources)]
        tells_apart = past and beams > 1
        return NativeState(
            beams=beams,
            held=Held(pasts, read.memories),
            beam_NT=torch.zeros(num_sources * beams, 0, dtype=torch.long) if tells_apart else None,
            cell_NX=None if read.cell_BX is None else read.cell_BX.repeat_interleave(beams, 0),
            position_B=torch.zeros(num_sources, dtype=torch.long),
            length=0,
            length_B=read.length_B,
            longest_source=int(read.length_B.max()),
            lists=read.lists,
        )

    def read(self, source: SourceBatch) -> Read:
        packed = self.packed()
        family, reader = packed.family, packed.reader
        lists = Lists.of(self.plain.shortlist, source, self.vocabulary)
        if reader is not None:
            length_B = source.parts["text"].mask_BS.sum(1)
            memories, cell_BX = reader.read(source, self._library)
            return Read(memories=memories, length_B=length_B, cell_BX=cell_BX, lists=lists)
        memory = self._network.encode(source)
        return Read(
            memories=family.memory_BSX(memory).unbind(0),
            length_B=memory.mask_BS.sum(1),
            cell_BX=family.cell_BX(memory),
            lists=lists,
        )

    def step(self, tokens_N: Tensor, state: State) -> Step:
        """All log-probabilities: the kernels go as far as the last layer, the head does the rest."""
        if not isinstance(state, NativeState):
            return self.plain.step(tokens_N, state)
        packed = self._packed
        assert packed is not None
        hidden_ND = torch.empty(len(tokens_N), packed.family.hidden)
        rows_R = torch.arange(len(tokens_N), dtype=torch.int32)
        state = self._step(tokens_N, state, rows_R, packed, hidden=address(hidden_ND))
        source_N = torch.arange(len(tokens_N)) // state.beams
        at = Features(hidden_PD=hidden_ND, row_P=source_N)
        nothing: Any = None  # a generator looks at no memory
        logp_NV, columns_V = said(self._network.head, at, nothing, state.lists)
        return Step(logp_NV=logp_NV, columns_V=columns_V, state=state)

    def best(self, tokens_N: Tensor, state: State, *, count: int, alive_N: Tensor) -> Best:
        assert isinstance(state, NativeState)
        packed = self._packed
        assert packed is not None
        logp_NC = torch.full([len(tokens_N), count], -torch.inf)
        token_NC = torch.zeros(len(tokens_N), count, dtype=torch.long)
        end_N = torch.full([len(tokens_N)], -torch.inf)
        rows_R = alive_N.nonzero().flatten().to(torch.int32)
        state = self._step(
            tokens_N,
            state,
            rows_R,
            packed,
            list=None if state.lists is None else address(state.lists.address_B),
            list_length=None if state.lists is None else address(state.lists.length_B),
            count=count,
            best_logp=address(logp_NC),
            best_id=address(token_NC),
            end_logp=address(end_N),
        )
        return Best(logp_NC=logp_NC, token_NC=token_NC, end_N=end_N, state=state)

    def _step(self, tokens_N: Tensor, state: NativeState, rows_R: Tensor, packed: Packed, **wanted: Any) -> NativeState:
        state = state.with_room()
        packed.family.reach(state.length + 1)
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
        step = getattr(self._library, packed.family.function)
        if not step(*map(ctypes.addressof, (packed.family.table, packed.output, call))):
            raise MemoryError
        return replace(state, position_B=state.position_B + 1, length=state.length + 1)

    def packed(self) -> Packed:
        """The weights as they are: a model that is still learning has others each time."""
        version = sum(each._version for each in self._weights)
        library = self._library
        if self._packed is None or self._packed.version != version:
            shorts: Shorts = ("all" if self._rounded else "output") if knows_shorts() else "none"
            self._packed = Packed(self._network, panel=library.panel_width(), shorts=shorts, version=version)
        return self._packed


class Packed:
    """A model's decoder and output as the kernels read them."""

    def __init__(self, network: EncoderDecoder, *, panel: int, shorts: Shorts, version: int) -> None:
        self.version = version
        self._packing = Packing(panel=panel, shorts=shorts)
        family = next(family for family in _FAMILIES if family.takes(network.decoder))
        self.family = family.of(network, self._packing)
        self.output = self._packing.output(network.head, network.vocabulary)
        self.reader = TransformerReader.of(network, self.family, self._packing)

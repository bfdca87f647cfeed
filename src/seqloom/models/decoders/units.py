"""Decoders for labels: one step a unit of the source, or one step in all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive, Rate
from seqloom.nn import initial
from seqloom.nn.attention import masked_softmax
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import Decoder, DecoderOutput, DecoderShape, WantedAttention
from seqloom.nn.embedding import Embedding
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.state import BeamRows, fold, unfold

__all__ = ["AlignedDecoder", "AlignedDecoderSettings", "PooledDecoder", "PooledDecoderSettings", "UnitState"]


@dataclass(frozen=True, kw_only=True)
class UnitState(BeamRows):
    """The vectors to label, and which one is next."""

    fills: ClassVar[Mapping[str, int]] = {"index_BU": -1}

    position_N: Tensor
    units_BUD: Tensor
    index_BU: Tensor
    """Where in the memory each unit is; -1 where there is none."""
    mask_BS: Tensor
    shows: WantedAttention


@dataclass(frozen=True, kw_only=True)
class AlignedDecoderSettings:
    """The aligned decoder."""

    kind: Literal["aligned"] = "aligned"
    width: Positive = 256
    previous: bool = True
    """Read the label before, so that labels may depend on each other."""
    dropout: Rate = 0.0

    def build(self, *, memory: MemoryShape, embedding: Embedding) -> AlignedDecoder:
        if not memory.of_source:
            raise RecipeError(
                '`model.decoder.kind` "aligned" must stand on an encoder that keeps the positions of the source, but '
                "this one condenses it. Take another encoder, or another decoder."
            )
        if memory.apart:
            raise RecipeError(
                '`model.decoder.kind` "aligned" must stand on an encoder that lets each position of the source see the '
                'other sources, but this one does not. Put an encoder of kind "transformer" on them, or a '
                "bidirectional one."
            )
        return AlignedDecoder(self, memory=memory, embedding=embedding)


class AlignedDecoder(Decoder):
    """Step t says the label of unit t: tanh(W [state of unit t; label t - 1]); after the last unit, the end."""

    joins = True

    def __init__(self, settings: AlignedDecoderSettings, *, memory: MemoryShape, embedding: Embedding) -> None:
        super().__init__()
        self.embedding = embedding if settings.previous else None
        self.order = 1 if settings.previous else 0
        self.read = nn.Linear(memory.width + (embedding.width if settings.previous else 0), settings.width)
        self.end = nn.Parameter(torch.randn(memory.width))
        self.dropout = Dropout(settings.dropout)
        initial.xavier(self.read)
        self.shape = DecoderShape(
            hidden=settings.width, context=memory.width, embedded=embedding.width if settings.previous else None
        )

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> UnitState:
        index_BU = memory.units_BU
        if index_BU is None:
            every_S = torch.arange(memory.mask_BS.shape[1], device=memory.mask_BS.device)
            index_BU = torch.where(memory.mask_BS, every_S, -1)
        chosen_BUD = index_BU.clamp(min=0)[..., None].expand(-1, -1, memory.states_BSD.shape[-1])
        return UnitState(
            beams=beams,
            position_N=index_BU.new_zeros(index_BU.shape[0] * beams),
            units_BUD=memory.states_BSD.gather(1, chosen_BUD),
            index_BU=index_BU,
            mask_BS=memory.mask_BS,
            shows=attention,
        )

    def forward(self, tokens_NT: Tensor, state: UnitState) -> DecoderOutput:  # type: ignore[override]
        num_steps = tokens_NT.shape[1]
        positions_NT = state.position_N[:, None] + torch.arange(num_steps, device=tokens_NT.device)
        positions_BQ = fold(positions_NT, state.beams)
        last = state.index_BU.shape[1] - 1
        index_BQ = state.index_BU.gather(1, positions_BQ.clamp(max=last))
        index_BQ = torch.where(positions_BQ <= last, index_BQ, -1)
        at_BQD = positions_BQ.clamp(max=last)[..., None].expand(-1, -1, state.units_BUD.shape[-1])
        unit_BQD = torch.where((index_BQ >= 0)[..., None], state.units_BUD.gather(1, at_BQD), self.end)
        context_NTD = unfold(unit_BQD, state.beams)
        embedded_NTE = None if self.embedding is None else self.embedding(tokens_NT)
        read_NTD = context_NTD if embedded_NTE is None else torch.cat([context_NTD, embedded_NTE], -1)
        aligned_NTS = _one_hot(unfold(index_BQ, state.beams), state.mask_BS.shape[1], context_NTD.dtype)
        return DecoderOutput(
            hidden_NTD=self.dropout(torch.tanh(self.read(read_NTD))),
            state=replace(state, position_N=state.position_N + num_steps),
            beams=state.beams,
            context_NTD=context_NTD,
            embedded_NTD=embedded_NTE,
            attention_NTS=None if state.shows == "none" else aligned_NTS,
            all_attention=aligned_NTS[:, None, None] if state.shows == "all" else None,
        )


@dataclass(frozen=True, kw_only=True)
class PooledDecoderSettings:
    """The pooled decoder."""

    kind: Literal["pooled"] = "pooled"
    width: Positive = 256
    pool: Literal["mean", "max", "attention"] = "mean"
    dropout: Rate = 0.0

    def build(self, *, memory: MemoryShape, embedding: Embedding) -> PooledDecoder:
        return PooledDecoder(self, memory=memory)


class PooledDecoder(Decoder):
    """One step says the label of the whole source: tanh(W pool(states)); the next one says the end."""

    joins = True
    longest = 2
    order = 0

    def __init__(self, settings: PooledDecoderSettings, *, memory: MemoryShape) -> None:
        super().__init__()
        self.pool = settings.pool
        self.query = nn.Linear(memory.width, 1, bias=False) if settings.pool == "attention" else None
        self.read = nn.Linear(memory.width, settings.width)
        self.end = nn.Parameter(torch.randn(memory.width))
        self.dropout = Dropout(settings.dropout)
        initial.xavier(self.read)
        self.shape = DecoderShape(hidden=settings.width)

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> UnitState:
        return UnitState(
            beams=beams,
            position_N=memory.mask_BS.new_zeros(memory.mask_BS.shape[0] * beams, dtype=torch.long),
            units_BUD=self._pooled(memory)[:, None],
            index_BU=memory.mask_BS.new_zeros(memory.mask_BS.shape[0], 1, dtype=torch.long),
            mask_BS=memory.mask_BS,
            shows=attention,
        )

    def forward(self, tokens_NT: Tensor, state: UnitState) -> DecoderOutput:  # type: ignore[override]
        num_steps = tokens_NT.shape[1]
        positions_NT = state.position_N[:, None] + torch.arange(num_steps, device=tokens_NT.device)
        first_NT1 = (positions_NT == 0)[..., None]
        unit_NTD = torch.where(first_NT1, state.units_BUD.repeat_interleave(state.beams, 0), self.end)
        return DecoderOutput(
            hidden_NTD=self.dropout(torch.tanh(self.read(unit_NTD))),
            state=replace(state, position_N=state.position_N + num_steps),
            beams=state.beams,
        )

    def _pooled(self, memory: Memory) -> Tensor:
        if self.query is not None:
            weights_B1S = masked_softmax(self.query(memory.states_BSD).transpose(1, 2), memory.mask_BS[:, None])
            return (weights_B1S @ memory.states_BSD).squeeze(1)
        if self.pool == "max":
            return memory.states_BSD.masked_fill(~memory.mask_BS[..., None], float("-inf")).amax(1)
        return memory.mean_BD()


def _one_hot(index_NT: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """1 at each index, nothing where it is -1."""
    return (index_NT[..., None] == torch.arange(size, device=index_NT.device)).to(dtype)

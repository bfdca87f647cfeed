"""The convolutional decoder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from seqloom.core.settings import Positive, Rate, by_kind
from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import Decoder, DecoderOutput, DecoderShape, WantedAttention
from seqloom.nn.convolution import HALF, ConvAttention, ConvKeys, GatedConvolution, newest, scale_gradient
from seqloom.nn.embedding import Embedding
from seqloom.nn.layers import Layers
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.positions import AbsolutePositionsSettings, LearnedPositionsSettings
from seqloom.nn.state import BeamRows

__all__ = ["ConvDecoder", "ConvDecoderSettings", "ConvState"]


@dataclass(frozen=True, kw_only=True)
class ConvDecoderSettings:
    """The convolutional decoder."""

    kind: Literal["conv"] = "conv"
    layers: Positive = 4
    """Number of gated convolution layers, each with its own attention."""
    width: Positive = 256
    kernel: Positive = 3
    """Positions each layer sees: the newest and those before it."""
    dropout: Rate = 0.0
    positions: Annotated[AbsolutePositionsSettings, by_kind] = LearnedPositionsSettings()

    def build(self, *, memory: MemoryShape, embedding: Embedding) -> ConvDecoder:
        return ConvDecoder(self, memory=memory, embedding=embedding)


@dataclass(frozen=True, kw_only=True)
class ConvState(BeamRows):
    """The last kernel - 1 inputs of each layer."""

    windows_NWD: tuple[Tensor, ...]
    position_N: Tensor
    keys_BSD: Tensor
    values_BSD: Tensor
    mask_BS: Tensor
    shows: WantedAttention


class ConvDecoder(Decoder):
    """Gehring et al. 2017, section 3: gated convolutions over the past, an attention in each layer."""

    joins = True

    def __init__(self, settings: ConvDecoderSettings, *, memory: MemoryShape, embedding: Embedding) -> None:
        super().__init__()
        width = settings.width
        self.embedding = embedding
        self.positions = settings.positions.build(width=embedding.width)
        self.longest = self.positions.longest
        self.window = settings.kernel - 1
        self.into = nn.Linear(embedding.width, width)
        self.layers = Layers(
            GatedConvolution(width, kernel=settings.kernel, dropout=settings.dropout) for _ in range(settings.layers)
        )
        self.attentions = Layers(ConvAttention(width, embedding_width=embedding.width) for _ in range(settings.layers))
        self.out = nn.Linear(width, embedding.width)
        initial.preserving_normal(self.into)
        initial.preserving_normal(self.out, dropout=settings.dropout)
        self.keys = _fitting(memory.width, embedding.width)
        self.inputs = None if memory.inputs_width is None else _fitting(memory.inputs_width, embedding.width)
        self.dropout = Dropout(settings.dropout)
        self.shape = DecoderShape(hidden=embedding.width, context=embedding.width, embedded=embedding.width)

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> ConvState:
        states_BSD = memory.states_BSD
        if self.training:
            # Every layer's attention sends a gradient back; scaled by their number, the encoder learns at one pace
            # (3.4). Of a finished model the gradient itself is asked for.
            states_BSD = scale_gradient(states_BSD, 1 / len(self.layers))
        keys_BSD = self.keys(states_BSD)
        values_BSD = keys_BSD
        if self.inputs is not None and memory.inputs_BSD is not None:
            values_BSD = (keys_BSD + self.inputs(memory.inputs_BSD)) * HALF
        num_rows = memory.mask_BS.shape[0] * beams
        window_NWD = states_BSD.new_zeros(num_rows, self.window, self.into.out_features)
        return ConvState(
            beams=beams,
            windows_NWD=(window_NWD,) * len(self.layers),
            position_N=memory.mask_BS.new_zeros(num_rows, dtype=torch.long),
            keys_BSD=keys_BSD,
            values_BSD=values_BSD,
            mask_BS=memory.mask_BS,
            shows=attention,
        )

    def forward(self, tokens_NT: Tensor, state: ConvState) -> DecoderOutput:  # type: ignore[override]
        num_steps = tokens_NT.shape[1]
        positions_NT = state.position_N[:, None] + torch.arange(num_steps, device=tokens_NT.device)
        embedded_NTE = self.positions.add(self.embedding(tokens_NT), positions_NT)
        x_NTD = self.into(embedded_NTE)
        source = ConvKeys.of(embedded_NTE, state.keys_BSD, state.values_BSD, state.mask_BS)
        windows, looked = [], []
        for layer, attention, window_NWD in zip(self.layers, self.attentions, state.windows_NWD, strict=True):
            seen_NTD, window_NWD = newest(window_NWD, x_NTD)
            h_NTD = layer(seen_NTD)
            added_NTD, context_NTE, weights_NTS = attention(h_NTD, source)
            x_NTD = torch.add(x_NTD * HALF, h_NTD + added_NTD, alpha=0.5)  # ((h + c) √½ + x) √½
            windows.append(window_NWD)
            looked.append(weights_NTS)
        shown_NLTS = None
        if state.shows != "none":  # where there is nothing to look at, nothing is
            shown_NLTS = torch.stack(looked, 1) * state.mask_BS.repeat_interleave(state.beams, 0)[:, None, None]
        return DecoderOutput(
            hidden_NTD=self.dropout(self.out(x_NTD)),
            state=replace(state, windows_NWD=tuple(windows), position_N=state.position_N + num_steps),
            beams=state.beams,
            context_NTD=context_NTE,
            embedded_NTD=embedded_NTE,
            attention_NTS=None if shown_NLTS is None else shown_NLTS.mean(1),
            all_attention=shown_NLTS[:, :, None] if shown_NLTS is not None and state.shows == "all" else None,
        )


def _fitting(have: int, want: int) -> nn.Module:
    if have == want:
        return nn.Identity()
    layer = nn.Linear(have, want)
    initial.preserving_normal(layer)
    return layer

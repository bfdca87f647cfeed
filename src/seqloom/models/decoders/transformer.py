"""The Transformer decoder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

import torch
from torch import Tensor, nn

from seqloom.models.encoders.transformer import TransformerLayers
from seqloom.nn.contracts import Decoder, DecoderOutput, DecoderShape, WantedAttention
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.layers import Layers
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.state import BeamRows
from seqloom.nn.transformer import Cache, DecoderLayer, MemoryKeys, Visible

__all__ = ["TransformerDecoder", "TransformerDecoderSettings", "TransformerState"]


@dataclass(frozen=True, kw_only=True)
class TransformerDecoderSettings(TransformerLayers):
    """The Transformer decoder."""

    kind: Literal["transformer"] = "transformer"

    def build(self, *, memory: MemoryShape, embedding: TokenEmbedding) -> TransformerDecoder:
        return TransformerDecoder(self, memory=memory, embedding=embedding)


@dataclass(frozen=True, kw_only=True)
class TransformerState(BeamRows):
    """Each layer's keys and values: of the tokens read, a row a hypothesis; of the memory, a row a source."""

    keys_NTGE: tuple[Tensor, ...]
    values_NTGE: tuple[Tensor, ...]
    position_N: Tensor
    length: int
    """The longest row's number of tokens; known without asking the device."""
    memory_keys_BSGE: tuple[Tensor, ...]
    memory_values_BSGE: tuple[Tensor, ...]
    memory_mask_BS: Tensor
    shows: WantedAttention

    def select(self, rows_B: Tensor) -> Self:
        """When the longest rows leave, the caches become as short as what stays."""
        kept = super().select(rows_B)
        length = int(kept.position_N.max())
        return replace(
            kept,
            length=length,
            keys_NTGE=tuple(keys_NTGE[:, :length] for keys_NTGE in kept.keys_NTGE),
            values_NTGE=tuple(values_NTGE[:, :length] for values_NTGE in kept.values_NTGE),
        )


class TransformerDecoder(Decoder):
    """Vaswani et al. 2017, section 3, with a cache of keys and values."""

    joins = True

    def __init__(self, settings: TransformerDecoderSettings, *, memory: MemoryShape, embedding: TokenEmbedding) -> None:
        super().__init__()
        width = settings.width
        self.embedding = embedding
        self.into: nn.Module = nn.Identity() if embedding.width == width else nn.Linear(embedding.width, width)
        self.positions = settings.positions.build(width=width, heads=settings.heads, causal=True)
        self.longest = self.positions.longest
        self.layers = Layers(
            DecoderLayer(settings.layer, self.positions, memory_width=memory.width) for _ in range(settings.layers)
        )
        self.norm = settings.layer.build_norm() if settings.order == "pre" else nn.Identity()
        self.dropout = nn.Dropout(settings.dropout)
        settings.begin(self.layers)
        self.shape = DecoderShape(hidden=width, context=width, embedded=embedding.width)

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> TransformerState:
        num_rows = memory.mask_BS.shape[0] * beams
        of_memory = [layer.cross_attention.keys_values(memory.states_BSD) for layer in self.layers]
        nothing = [keys.new_zeros(num_rows, 0, *keys.shape[2:]) for keys, _ in of_memory]
        return TransformerState(
            beams=beams,
            keys_NTGE=tuple(nothing),
            values_NTGE=tuple(nothing),
            position_N=memory.mask_BS.new_zeros(num_rows, dtype=torch.long),
            length=0,
            memory_keys_BSGE=tuple(keys for keys, _ in of_memory),
            memory_values_BSGE=tuple(values for _, values in of_memory),
            memory_mask_BS=memory.mask_BS,
            shows=attention,
        )

    def forward(self, tokens_NT: Tensor, state: TransformerState) -> DecoderOutput:  # type: ignore[override]
        num_steps = tokens_NT.shape[1]
        length = state.length + num_steps
        steps_1T = torch.arange(num_steps, device=tokens_NT.device)[None]
        positions_NT = state.position_N[:, None] + steps_1T if state.length else steps_1T
        visible = self._visible(positions_NT, length)
        of_memory = Visible(mask=state.memory_mask_BS[:, None, None])

        embedded_NTE = self.embedding(tokens_NT)
        x_NTD = self.dropout(self.positions.add(self.into(embedded_NTE), positions_NT))
        caches, shown = [], []
        for number, layer in enumerate(self.layers):
            last = number == len(self.layers) - 1
            x_NTD, cache, context_NTD, weights_NHTS = layer(
                x_NTD,
                positions_NT,
                cache=Cache(keys_NTGE=state.keys_NTGE[number], values_NTGE=state.values_NTGE[number]),
                length=length,
                visible=visible,
                memory=MemoryKeys(
                    keys_BSGE=state.memory_keys_BSGE[number],
                    values_BSGE=state.memory_values_BSGE[number],
                    visible=of_memory,
                ),
                show=state.shows == "all" or (state.shows == "one" and last),
            )
            caches.append(cache)
            shown.append(weights_NHTS)
        return DecoderOutput(
            hidden_NTD=self.norm(x_NTD),
            state=replace(
                state,
                keys_NTGE=tuple(cache.keys_NTGE for cache in caches),
                values_NTGE=tuple(cache.values_NTGE for cache in caches),
                position_N=state.position_N + num_steps,
                length=length,
            ),
            beams=state.beams,
            context_NTD=context_NTD,
            embedded_NTD=embedded_NTE,
            attention_NTS=None if shown[-1] is None else shown[-1].mean(1),
            all_attention=torch.stack(shown, 1) if state.shows == "all" else None,
        )

    def _visible(self, positions_NT: Tensor, length: int) -> Visible:
        """Earlier tokens: all rows alike at first, each row up to its own position later."""
        keys_S = torch.arange(length, device=positions_NT.device)
        bias_NHTS = self.positions.bias(positions_NT, keys_S)
        if positions_NT.shape[1] == length:
            return Visible(causal=True, bias_NHTS=bias_NHTS)
        return Visible(mask=(keys_S <= positions_NT[..., None])[:, None], bias_NHTS=bias_NHTS)

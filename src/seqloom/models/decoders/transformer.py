"""The Transformer decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, Self

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import by_kind
from seqloom.models.encoders.transformer import TransformerLayers
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import Decoder, DecoderOutput, DecoderShape, WantedAttention
from seqloom.nn.embedding import Embedding
from seqloom.nn.layers import Layers
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.multihead import Visible
from seqloom.nn.positions import AttentionPositionsSettings
from seqloom.nn.self_attention import Past, Reading, put
from seqloom.nn.self_average import AverageSelfSettings
from seqloom.nn.self_cached import AttentionSelfSettings
from seqloom.nn.self_ssru import SsruSelfSettings
from seqloom.nn.state import BeamRows
from seqloom.nn.transformer import DecoderLayer, MemoryKeys

__all__ = ["SelfAttentionSettings", "TransformerDecoder", "TransformerDecoderSettings", "TransformerState"]

SelfAttentionSettings = AttentionSelfSettings | AverageSelfSettings | SsruSelfSettings
"""What a layer knows the earlier tokens by."""


@dataclass(frozen=True, kw_only=True)
class TransformerDecoderSettings(TransformerLayers):
    """The Transformer decoder."""

    kind: Literal["transformer"] = "transformer"
    self_attention: Annotated[SelfAttentionSettings, by_kind] = AttentionSelfSettings()
    """Attention to the tokens before, or what stands in for it at a cost that does not grow with their number."""

    causal: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        stands_in = isinstance(self.self_attention, AverageSelfSettings | SsruSelfSettings)
        if stands_in and isinstance(self.positions, AttentionPositionsSettings):
            raise RecipeError(
                f'positions.kind must be "sinusoidal", "learned" or "none" with self_attention.kind = '
                f'"{self.self_attention.kind}", but is "{self.positions.kind}", which only attention can read. '
                f'Take one of those, or self_attention.kind = "attention".'
            )

    def build(self, *, memory: MemoryShape, embedding: Embedding) -> TransformerDecoder:
        return TransformerDecoder(self, memory=memory, embedding=embedding)


@dataclass(frozen=True, kw_only=True)
class TransformerState(BeamRows):
    """Each layer's past, a row a hypothesis, and its keys and values of the memory, a row a source."""

    past: tuple[Past, ...]
    position_N: Tensor
    length: int
    """The longest row's number of tokens; known without asking the device."""
    beam_NT: Tensor | None
    """Which of its source's hypotheses read each token that a hypothesis descends from."""
    memory_keys_BSGE: tuple[Tensor, ...]
    memory_values_BSGE: tuple[Tensor, ...]
    memory_mask_BS: Tensor
    shows: WantedAttention

    def select(self, rows_B: Tensor) -> Self:
        """When the longest rows leave, the past becomes as short as what stays."""
        kept = super().select(rows_B)
        length = int(kept.position_N.max())
        return replace(
            kept,
            length=length,
            past=tuple(past.shorten(length) for past in kept.past),
            beam_NT=None if kept.beam_NT is None else kept.beam_NT[:, :length],
        )


class TransformerDecoder(Decoder):
    """Vaswani et al. 2017, section 3. What self-attention needs of the past is kept from step to step."""

    joins = True

    def __init__(self, settings: TransformerDecoderSettings, *, memory: MemoryShape, embedding: Embedding) -> None:
        super().__init__()
        width = settings.width
        self.embedding = embedding
        self.into: nn.Module = nn.Identity() if embedding.width == width else nn.Linear(embedding.width, width)
        self.positions = settings.positions.build(width=width, heads=settings.heads, causal=settings.causal)
        self.longest = self.positions.longest
        self.layers = Layers(
            DecoderLayer(
                settings.layer,
                self.positions,
                self_attention=settings.self_attention.build(settings.layer),
                memory_width=memory.width,
            )
            for _ in range(settings.layers)
        )
        self.recurrent = all(layer.self_attention.steady for layer in self.layers)
        self.attends = not self.recurrent
        self.norm = settings.layer.build_norm() if settings.order == "pre" else nn.Identity()
        self.dropout = Dropout(settings.dropout)
        settings.begin(self.layers)
        self.shape = DecoderShape(hidden=width, context=width, embedded=embedding.width)

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> TransformerState:
        num_rows = memory.mask_BS.shape[0] * beams
        of_memory = [layer.cross_attention.keys_values(memory.states_BSD) for layer in self.layers]
        return TransformerState(
            beams=beams,
            past=tuple(
                layer.self_attention.start(num_rows, beams=beams, like=keys)
                for layer, (keys, _) in zip(self.layers, of_memory, strict=True)
            ),
            position_N=memory.mask_BS.new_zeros(num_rows, dtype=torch.long),
            length=0,
            beam_NT=None if beams == 1 else memory.mask_BS.new_zeros(num_rows, 0, dtype=torch.long),
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
        beam_NT = state.beam_NT
        if beam_NT is not None:
            beams_K = torch.arange(state.beams, device=tokens_NT.device)
            own_NT = beams_K.repeat(tokens_NT.shape[0] // state.beams)[:, None]
            own_NT = own_NT.expand(-1, num_steps)
            beam_NT = put(beam_NT, own_NT, positions_NT, length) if state.length else own_NT
        reading = Reading(
            positions=self.positions,
            positions_NT=positions_NT,
            length=length,
            beams=state.beams,
            beam_NT=beam_NT,
            show=state.shows == "all",
        )
        of_memory = Visible(mask=state.memory_mask_BS[:, None, None])

        embedded_NTE = self.embedding(tokens_NT)
        x_NTD = self.dropout(self.positions.add(self.into(embedded_NTE), positions_NT))
        pasts, shown, own = [], [], list[Tensor | None]()
        for number, layer in enumerate(self.layers):
            last = number == len(self.layers) - 1
            x_NTD, past, context_NTD, looked = layer(
                x_NTD,
                state.past[number],
                reading,
                memory=MemoryKeys(
                    keys_BSGE=state.memory_keys_BSGE[number],
                    values_BSGE=state.memory_values_BSGE[number],
                    visible=of_memory,
                ),
                show=state.shows == "all" or (state.shows == "one" and last),
            )
            pasts.append(past)
            shown.append(looked.memory_NHTS)
            own.append(looked.own_NHTT)
        return DecoderOutput(
            hidden_NTD=self.norm(x_NTD),
            state=replace(
                state, past=tuple(pasts), position_N=state.position_N + num_steps, length=length, beam_NT=beam_NT
            ),
            beams=state.beams,
            context_NTD=context_NTD,
            embedded_NTD=embedded_NTE,
            attention_NTS=None if shown[-1] is None else shown[-1].mean(1),
            all_attention=torch.stack(shown, 1) if state.shows == "all" else None,
            own_attention=_together(own),
        )


def _together(layers: Sequence[Tensor | None]) -> Tensor | None:
    """None where a layer has nothing to show."""
    there = [each for each in layers if each is not None]
    return torch.stack(there, 1) if len(there) == len(layers) else None

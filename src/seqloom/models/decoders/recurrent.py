"""The recurrent decoder: any cell, with any attention or with one fixed vector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive, Rate, by_kind
from seqloom.models.bridge import Bridge, InitialState, summary_BD, summary_width
from seqloom.models.decoders.attends import (
    AdditiveAttentionSettings,
    AttentionSettings,
    LocalAttentionSettings,
    NoAttentionSettings,
)
from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import Decoder, DecoderOutput, DecoderShape, WantedAttention
from seqloom.nn.embedding import Embedding
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.query import Attended, AttentionKeys, Past
from seqloom.nn.recurrent import CellKind, CellName, RecurrentStack, apart, together
from seqloom.nn.repeated import Repeated
from seqloom.nn.state import BeamRows

__all__ = ["RecurrentDecoder", "RecurrentDecoderSettings", "RecurrentState"]


@dataclass(frozen=True, kw_only=True)
class RecurrentDecoderSettings:
    """The recurrent decoder."""

    kind: Literal["recurrent"] = "recurrent"
    cell: CellName = "gru"
    layers: Positive = 1
    width: Positive = 256
    attention: Annotated[AttentionSettings, by_kind] = AdditiveAttentionSettings()
    attend: Literal["before", "after"] = "after"
    """Look at the source with the last state, so that the cell reads what was found (Bahdanau et al. 2015), or with the
    new one (Luong et al. 2015)."""
    coverage: bool = False
    """Attention knows what it looked at before (See et al. 2017)."""
    input_feeding: bool = False
    """The cell reads the step's last output too (Luong et al. 2015, section 3.3)."""
    residual: bool = False
    norm: bool = False
    dropout: Rate = 0.0
    """Between layers, and on the output."""
    variational: bool = False
    initial: InitialState = "bridge"
    """The first state: from the encoder, zero, or learnt."""

    def __post_init__(self) -> None:
        if isinstance(self.attention, NoAttentionSettings):
            if self.attend == "before":
                raise RecipeError('attend = "before" needs an attention, but `attention.kind` is "none".')
            if self.coverage:
                raise RecipeError('coverage needs an attention, but `attention.kind` is "none".')
            if self.input_feeding:
                raise RecipeError('input_feeding needs an attention, but `attention.kind` is "none".')
            if self.initial != "bridge" and self.attention.context == "initial":
                raise RecipeError(
                    f'initial must be "bridge" without attention, but is "{self.initial}": nothing of the source would '
                    f'reach the decoder. Take an attention, or `attention.context = "every"`.'
                )

    def build(self, *, memory: MemoryShape, embedding: Embedding) -> RecurrentDecoder:
        moving = isinstance(self.attention, LocalAttentionSettings) and not self.attention.predict
        if moving and memory.apart and self.initial != "bridge":
            raise RecipeError(
                "`model.decoder.attention.predict` must be true where there are several sources, but is false: one "
                'that moves on step by step sees the first of them alone for long. Or set `initial = "bridge"`.'
            )
        return RecurrentDecoder(self, memory=memory, embedding=embedding)


@dataclass(frozen=True, kw_only=True)
class RecurrentState(BeamRows):
    """Where the recurrence stands, what the last step said, and what attention remembers."""

    cells_NLD: tuple[Tensor, ...]
    output_ND: Tensor
    past: Past | None
    source: AttentionKeys | None
    context_BD: Tensor | None
    """The fixed vector that is read at every step."""
    shows: WantedAttention


class RecurrentDecoder(Decoder):
    """s_t = cell([y_{t-1}; …], s_{t-1}); with attention the output is tanh(W_c [c_t; s_t]) (Luong et al. 2015, eq. 5).

    Where a step's input does not depend on the step before (nothing is fed), all steps are one call of each layer; else
    the input half of the first layer is, and the rest walks.
    """

    joins = True
    recurrent = True

    def __init__(self, settings: RecurrentDecoderSettings, *, memory: MemoryShape, embedding: Embedding) -> None:
        super().__init__()
        width = settings.width
        kind = CellKind(
            name=settings.cell,
            width=width,
            norm=settings.norm,
            dropout=settings.dropout,
            variational=settings.variational,
        )
        self.embedding = embedding
        self.attention = settings.attention.build(width, memory_width=memory.width, coverage=settings.coverage)
        self.attends_before = settings.attend == "before"
        self.feeds_output = settings.input_feeding
        self.context: nn.Linear | None = None
        self.readout: nn.Linear | None = None
        feeds = width if self.feeds_output else 0
        if self.attention is not None:
            feeds += self.attention.width if self.attends_before else 0
            self.readout = nn.Linear(self.attention.width + width, width, bias=False)
            initial.xavier(self.readout)
        elif isinstance(settings.attention, NoAttentionSettings) and settings.attention.context == "every":
            feeds = width
            self.context = nn.Linear(summary_width(memory), width)
            initial.xavier(self.context)
        self.walks = self.feeds_output or self.attends_before
        self.bridge = Bridge(memory, kind, layers=settings.layers, how=settings.initial)
        self.cells = RecurrentStack(
            kind, inputs=embedding.width + feeds, layers=settings.layers, residual=settings.residual
        )
        self.dropout = Dropout(settings.dropout)
        self.shape = DecoderShape(
            hidden=width,
            context=None if self.attention is None else self.attention.width,
            embedded=embedding.width,
        )

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> RecurrentState:
        cells_NLD = tuple(part.repeat_interleave(beams, 0) for part in self.bridge(memory))
        num_rows, _, width = cells_NLD[0].shape
        source = None if self.attention is None else self.attention.prepare(memory)
        return RecurrentState(
            beams=beams,
            cells_NLD=cells_NLD,
            output_ND=cells_NLD[0].new_zeros(num_rows, width),
            past=None if self.attention is None or source is None else self.attention.begin(source, beams=beams),
            source=source,
            context_BD=None if self.context is None else torch.tanh(self.context(summary_BD(memory))),
            shows=attention,
        )

    def forward(self, tokens_NT: Tensor, state: RecurrentState) -> DecoderOutput:  # type: ignore[override]
        embedded_NTE = self.embedding(tokens_NT)
        return self._walk(embedded_NTE, state) if self.walks else self._leap(embedded_NTE, state)

    def _leap(self, embedded_NTE: Tensor, state: RecurrentState) -> DecoderOutput:
        """All steps at once."""
        inputs_NTI = embedded_NTE
        if state.context_BD is not None:
            context_N1D = state.context_BD.repeat_interleave(state.beams, 0)[:, None]
            inputs_NTI = torch.cat([embedded_NTE, context_N1D.expand(-1, embedded_NTE.shape[1], -1)], dim=-1)
        h_NTD, cells_NLD = self.cells(inputs_NTI, state.cells_NLD)
        state = replace(state, cells_NLD=cells_NLD)
        if self.attention is None or self.readout is None or state.source is None:
            return DecoderOutput(
                hidden_NTD=self.dropout(h_NTD), state=state, beams=state.beams, embedded_NTD=embedded_NTE
            )
        attended = self.attention.each(h_NTD, state.source, state.past)
        return _output(self._say(self.readout, attended.context_NTD, h_NTD), attended, embedded_NTE, state)

    def _walk(self, embedded_NTE: Tensor, state: RecurrentState) -> DecoderOutput:
        """One step after the other: W [y; fed] = W_y y + W_f fed, the first half made for all steps beforehand."""
        assert self.attention is not None
        assert self.readout is not None
        assert state.source is not None
        num_steps, width = embedded_NTE.shape[1:]
        first = self.cells.first
        weight_RE, weight_RF = first.weight.split([width, first.in_features - width], 1)
        feed = Repeated(weight_RF, functional.linear(embedded_NTE, weight_RE, first.bias))
        readout = Repeated.of(self.readout, like_N=state.output_ND, steps=num_steps)
        walks = self.cells.walks(state.cells_NLD, steps=num_steps)
        look = self.attention.looking(state.source, like_N=state.output_ND, steps=num_steps)
        layers, past, output_ND = apart(state.cells_NLD), state.past, state.output_ND
        steps_ND: list[Tensor] = []
        outputs_ND: list[Tensor] = []
        looks: list[Attended] = []
        for _ in range(num_steps):
            fed = [output_ND] if self.feeds_output else []
            if self.attends_before:
                looks.append(look(layers[-1][0][:, None], past))
                fed.append(looks[-1].context_NTD[:, 0])
            h_ND, layers = self.cells.step(feed(torch.cat(fed, -1)), layers, walks)
            if not self.attends_before:
                looks.append(look(h_ND[:, None], past))
            past = looks[-1].past
            steps_ND.append(h_ND)
            if self.feeds_output:
                output_ND = self._say(readout, looks[-1].context_NTD[:, 0], h_ND)
                outputs_ND.append(output_ND)
        attended = Attended.side_by_side(looks)
        output_NTD = (
            torch.stack(outputs_ND, 1)
            if self.feeds_output
            else self._say(self.readout, attended.context_NTD, torch.stack(steps_ND, 1))
        )
        return _output(output_NTD, attended, embedded_NTE, replace(state, cells_NLD=together(layers)))

    def _say(self, readout: Callable[[Tensor], Tensor], context: Tensor, h: Tensor) -> Tensor:
        return self.dropout(torch.tanh(readout(torch.cat([context, h], -1))))


def _output(output_NTD: Tensor, attended: Attended, embedded_NTE: Tensor, state: RecurrentState) -> DecoderOutput:
    return DecoderOutput(
        hidden_NTD=output_NTD,
        state=replace(state, output_ND=output_NTD[:, -1], past=attended.past),
        beams=state.beams,
        context_NTD=attended.context_NTD,
        embedded_NTD=embedded_NTE,
        attention_NTS=None if state.shows == "none" else attended.weights_NTS,
        all_attention=attended.weights_NHTS[:, None] if state.shows == "all" else None,
    )

"""A model as search sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from seqloom.decoding.stepper import Step
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.shortlist import Lists, Shortlist, said
from seqloom.nn.contracts import Head, WantedAttention
from seqloom.nn.memory import Memory, SourceBatch
from seqloom.nn.state import Rows, State

__all__ = ["ModelState", "ModelStepper"]


@dataclass(frozen=True, kw_only=True)
class ModelState(Rows):
    """The decoder's state, and the memory for the head."""

    decoder: State
    memory: Memory
    lists: Lists | None = None
    """The tokens that each source's answer may be made of; None: all."""


class ModelStepper:
    """One model's steps, with its own head or with another that stands around it."""

    def __init__(self, model: EncoderDecoder, *, head: Head | None = None, shortlist: Shortlist | None = None) -> None:
        self.model = model
        self.shortlist = shortlist
        self.head = head or model.head
        self.vocabulary = model.vocabulary
        self.joins = model.decoder.joins
        self.longest = model.decoder.longest
        self.order = model.decoder.order

    def start(self, source: SourceBatch, *, beams: int, attention: bool = False) -> ModelState:
        memory = self.model.encode(source)
        shows: WantedAttention = "one" if attention else self.head.attention
        return ModelState(
            decoder=self.model.decoder.start(memory, beams=beams, attention=shows),
            memory=memory,
            lists=Lists.of(self.shortlist, source, self.vocabulary),
        )

    def step(self, tokens_N: Tensor, state: State) -> Step:
        assert isinstance(state, ModelState)
        output = self.model.decoder(tokens_N[:, None], state.decoder)
        attention_NTS = output.attention_NTS
        logp_NV, columns_V = said(self.head, output.pick(), state.memory, state.lists)
        return Step(
            logp_NV=logp_NV,
            columns_V=columns_V,
            state=replace(state, decoder=output.state),
            attention_NS=None if attention_NTS is None else attention_NTS[:, 0],
            mask_BS=state.memory.mask_BS,
        )

"""A model of real-valued targets as a rollout sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, cast

from torch import Tensor

from seqloom.decoding.rollout import FrameStep
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.stepper import ModelState
from seqloom.nn.contracts import Features
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import State
from seqloom.nn.vectors import FrameDensity

__all__ = ["ModelFrameStepper"]


class _FrameHead(Protocol):
    """What the head of any model of real-valued targets can do."""

    def density(self, at: Features) -> FrameDensity: ...


class ModelFrameStepper:
    """One model's steps from frame to frame."""

    def __init__(self, model: EncoderDecoder) -> None:
        self.model = model
        self._head = cast(_FrameHead, model.head)
        self.vocabulary = model.vocabulary
        self.joins = model.decoder.joins
        self.longest = model.decoder.longest

    def start(self, source: SourceBatch, *, beams: int) -> ModelState:
        memory = self.model.encode(source)
        decoder = self.model.decoder.start(memory, beams=beams, attention=self.model.head.attention)
        return ModelState(decoder=decoder, memory=memory)

    def step(self, frame_NC: Tensor, state: State) -> FrameStep:
        assert isinstance(state, ModelState)
        frame_N1C = frame_NC[:, None].to(next(self.model.parameters()).dtype)
        output = self.model.decoder(frame_N1C, state.decoder)
        density = self._head.density(output.pick())
        return FrameStep(density=density, state=replace(state, decoder=output.state))

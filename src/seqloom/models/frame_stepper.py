"""A model of real-valued targets as a rollout sees it."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from seqloom.decoding.rollout import FrameStep
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.stepper import ModelState
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import State

__all__ = ["ModelFrameStepper"]


class ModelFrameStepper:
    """One model's steps from frame to frame."""

    def __init__(self, model: EncoderDecoder) -> None:
        self.model = model
        self.vocabulary = model.vocabulary
        self.joins = model.decoder.joins
        self.longest = model.decoder.longest

    def start(self, source: SourceBatch) -> ModelState:
        memory = self.model.encode(source)
        return ModelState(decoder=self.model.decoder.start(memory, attention=self.model.head.attention), memory=memory)

    def step(self, frame_BC: Tensor, state: State) -> FrameStep:
        assert isinstance(state, ModelState)
        frame_B1C = frame_BC[:, None].to(next(self.model.parameters()).dtype)
        output = self.model.decoder(frame_B1C, state.decoder)
        said_BC = self.model.head(output.pick(), state.memory)
        return FrameStep(mean_BC=said_BC[:, :-1], odds_B=said_BC[:, -1], state=replace(state, decoder=output.state))

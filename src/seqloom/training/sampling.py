"""Scheduled sampling: the decoder learns to go on from its own words, not only from the right ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Tensor

from seqloom.core.settings import Fraction, Scale, Share, Within
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.heads.generator import positions_at_once
from seqloom.nn import chance
from seqloom.nn.contracts import Batch, DecoderOutput
from seqloom.nn.memory import Memory

__all__ = [
    "ExponentialSamplingSettings",
    "LinearSamplingSettings",
    "NoSamplingSettings",
    "SamplingSettings",
    "SigmoidSamplingSettings",
    "mixed_inputs",
]


@dataclass(frozen=True, kw_only=True)
class NoSamplingSettings:
    """The teacher alone."""

    kind: Literal["none"] = "none"

    def teacher(self, step: int) -> float:
        """The share of right words among those that the decoder reads at a step."""
        return 1.0


@dataclass(frozen=True, kw_only=True)
class LinearSamplingSettings:
    """The linear decay: max(lowest, offset - slope · step)."""

    kind: Literal["linear"] = "linear"
    offset: Scale = 1.0
    """Above 1 it begins later."""
    slope: Scale = 1e-4
    lowest: Fraction = 0.0

    def teacher(self, step: int) -> float:
        return min(1.0, max(self.lowest, self.offset - self.slope * step))


@dataclass(frozen=True, kw_only=True)
class ExponentialSamplingSettings:
    """The exponential decay: base^step."""

    kind: Literal["exponential"] = "exponential"
    base: Share = 0.9999

    def teacher(self, step: int) -> float:
        return self.base**step


@dataclass(frozen=True, kw_only=True)
class SigmoidSamplingSettings:
    """The inverse sigmoid decay: k / (k + e^(step / k))."""

    kind: Literal["inverse_sigmoid"] = "inverse_sigmoid"
    k: Annotated[float, Within(ge=1)] = 1000.0

    def teacher(self, step: int) -> float:
        # Written with e^(-x), which cannot overflow.
        decayed = self.k * math.exp(-step / self.k)
        return decayed / (decayed + 1)


SamplingSettings = NoSamplingSettings | LinearSamplingSettings | ExponentialSamplingSettings | SigmoidSamplingSettings
"""Bengio et al. 2015, section 2.4."""


@torch.no_grad()
def mixed_inputs(model: EncoderDecoder, memory: Memory, batch: Batch, *, teacher: float) -> Tensor:
    """``inputs_BT`` where each word but the first is, with probability 1 - ``teacher``, the decoder's own likeliest.

    A recurrent decoder walks: each of its words follows on those that were mixed before it (Bengio et al. 2015).
    Others see all the right words and say all of theirs at once (Mihaylova & Martins 2019). No gradient passes through
    the choice in either; the call that learns comes after, and is the usual one.
    """
    inputs_BT = batch.inputs_BT
    if inputs_BT.shape[1] == 1:
        return inputs_BT
    right_BT = chance.uniform(inputs_BT) < teacher
    right_BT[:, 0] = True
    said_BT = _walk(model, memory, inputs_BT, right_BT) if model.decoder.recurrent else _leap(model, memory, inputs_BT)
    return torch.where(right_BT, inputs_BT, said_BT)


def _walk(model: EncoderDecoder, memory: Memory, inputs_BT: Tensor, right_BT: Tensor) -> Tensor:
    """What is said before each position, one step after the other."""
    state = model.decoder.start(memory, attention=model.head.attention)
    said_B = inputs_BT[:, 0]
    said = [said_B]
    for given_B, right_B in zip(inputs_BT[:, :-1].unbind(1), right_BT[:, :-1].unbind(1), strict=True):
        read_B = torch.where(right_B, given_B, said_B)
        output = model.decoder(read_B[:, None], state)
        state = output.state
        said_B = _likeliest(model, output, memory)[:, 0]
        said.append(said_B)
    return torch.stack(said, 1)


def _leap(model: EncoderDecoder, memory: Memory, inputs_BT: Tensor) -> Tensor:
    """The same, after the right words, in one call and a head a stretch of positions."""
    state = model.decoder.start(memory, attention=model.head.attention)
    output = model.decoder(inputs_BT[:, :-1], state)
    return torch.cat([inputs_BT[:, :1], _likeliest(model, output, memory)], 1)


def _likeliest(model: EncoderDecoder, output: DecoderOutput, memory: Memory) -> Tensor:
    """The word with the highest probability at each position, a stretch of positions at a time."""
    at = output.pick()
    size = positions_at_once(model.vocabulary.size + memory.mask_BS.shape[1])
    best = [model.head(at.at(slice(first, first + size)), memory).argmax(-1) for first in range(0, len(at), size)]
    return torch.cat(best).view(output.hidden_NTD.shape[:2])

"""All that search knows of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import State

__all__ = ["Best", "Ranking", "Step", "Stepper"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of N hypotheses. Used once, like the state in it: search masks ``logp_NV`` in place."""

    logp_NV: Tensor
    """Over the vocabulary, and over a row's own words behind it where the head copies; or over ``columns_V``."""
    state: State
    columns_V: Tensor | None = None
    """The ids of the columns, when they are a shortlist."""
    attention_NS: Tensor | None = None
    mask_BS: Tensor | None = None
    """The real positions of ``attention_NS``; None: all are."""

    @property
    def exact_NV(self) -> Tensor:
        """Half precision is too coarse to add up."""
        return self.logp_NV.to(torch.promote_types(self.logp_NV.dtype, torch.float32))


class Stepper(Protocol):
    """A model, a mix of steppers, an exported graph, a Hugging Face model: whatever takes steps against a source."""

    vocabulary: Specials
    joins: bool
    """Whether states at different positions can be joined."""
    longest: int | None
    """How many steps it can take at most; None: any number."""
    order: int | None
    """How many of the last tokens a step depends on, the position apart; None: on all of them."""

    def start(self, source: SourceBatch, *, beams: int, attention: bool = False) -> State:
        """Read the sources. ``attention``: ``Step.attention_NS`` will be looked at; whoever has none gives None."""
        ...

    def step(self, tokens_N: Tensor, state: State) -> Step: ...


@dataclass(frozen=True, kw_only=True)
class Best:
    """Of one step the best tokens of each hypothesis alone, the best first, and the end's log-probability."""

    logp_NC: Tensor
    """-inf where a hypothesis is dead or has no more tokens; neither padding nor the beginning is among them."""
    token_NC: Tensor
    end_N: Tensor
    state: State


@runtime_checkable
class Ranking(Stepper, Protocol):
    """A stepper that can leave unsaid what a beam search without constraints never looks at."""

    def best(self, tokens_N: Tensor, state: State, *, count: int, alive_N: Tensor) -> Best:
        """The same step, of which the ``count`` best tokens are wanted, of the hypotheses that are alive."""
        ...

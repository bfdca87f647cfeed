"""Which tokens of the source moved the probability of each token said, by the model's own gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from seqloom.core.errors import MissingExtraError
from seqloom.explain.insight.matrices import Matrix, matrix_of
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch
from seqloom.nn.memory import Memory

__all__ = ["Embedded", "gradient_x_input", "integrated_gradients"]

_STEPS = 32
"""Places on the way from nothing to the source at which a gradient is taken."""
_ROOM = 10_000
"""Tokens read and said that are computed with at a time: more of them take memory, and no less time."""


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """A model as a function of what it reads as vectors: x ↦ log p of tokens of the target.

    The vectors are the first memory, which every source leaves and every encoder reads; so no family is another case.
    """

    network: EncoderDecoder
    batch: Batch
    """Of one pair."""
    memory: Memory
    go_on: Callable[[], None]
    """Called before each stretch of work; it raises where nobody waits for it any more."""

    @classmethod
    def of(cls, network: EncoderDecoder, batch: Batch, *, go_on: Callable[[], None] = lambda: None) -> Embedded:
        with torch.no_grad():
            return cls(network=network, batch=batch, memory=network.source(batch.source), go_on=go_on)

    @property
    def x_SD(self) -> Tensor:
        return self.memory.states_BSD[0]

    def logp_N(self, x_NSD: Tensor, place_N: Tensor) -> Tensor:
        """Of the target's token at each row's place."""
        self.go_on()
        rows_N = torch.zeros_like(place_N)
        first = self.memory.select(rows_N)
        inputs_NSD = None if first.inputs_BSD is None else x_NSD
        memory = self.network.encoder(replace(first, states_BSD=x_NSD, inputs_BSD=inputs_NSD))
        state = self.network.decoder.start(memory, attention=self.network.head.attention)
        output = self.network.decoder(self.batch.inputs_BT[rows_N], state)
        at = output.pick(torch.nn.functional.one_hot(place_N, self.batch.inputs_BT.shape[1]).bool())
        return self.network.head.logp_of(at, memory, self.batch.outputs_BT[0, place_N])

    def rows_at_once(self) -> int:
        return max(1, _ROOM // (self.x_SD.shape[0] + self.batch.inputs_BT.shape[1]))


def gradient_x_input(embedded: Embedded, places: Sequence[int]) -> Matrix:
    """Σ_d x_sd ∂ log p_t / ∂x_sd (Denil et al. 2014), a row a place of the target."""
    found = []
    for place_T in torch.tensor(places, device=embedded.x_SD.device).split(embedded.rows_at_once()):
        x_TSD = embedded.x_SD.expand(len(place_T), -1, -1).clone().requires_grad_()
        with _differentiable():
            [gradient_TSD] = torch.autograd.grad(embedded.logp_N(x_TSD, place_T).sum(), x_TSD)
        found.append((x_TSD * gradient_TSD).sum(-1).detach())
    return matrix_of(torch.cat(found))


def integrated_gradients(embedded: Embedded, places: Sequence[int]) -> Matrix:
    """Sundararajan et al. 2017, equation 1, from zero vectors, which is how padding reads.

    A row adds up to log p_t of the source less that of as many places with nothing in them.
    """
    if find_spec("captum") is None:
        raise MissingExtraError("integrated_gradients", extra="explain")
    method: Any = import_module("captum.attr").IntegratedGradients(embedded.logp_N)
    found = []
    for place_T in torch.tensor(places, device=embedded.x_SD.device).split(max(1, embedded.rows_at_once() // _STEPS)):
        x_TSD = embedded.x_SD.expand(len(place_T), -1, -1)
        with _differentiable():
            found.append(method.attribute(x_TSD, additional_forward_args=place_T, n_steps=_STEPS).sum(-1).detach())
    return matrix_of(torch.cat(found))


def _differentiable() -> Any:
    """A GPU's own recurrent layers have no gradient outside of training."""
    return torch.backends.cudnn.flags(enabled=False)

"""Several steppers as one: ensembles, averaged as probabilities or as log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.core.errors import DecodingError
from seqloom.decoding.stepper import Step, Stepper
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import Rows, State

__all__ = ["LogLinear", "Mean", "Mix", "check_same_tokens"]


@dataclass(frozen=True, kw_only=True)
class _Together(Rows):
    """The members' states, side by side."""

    states: tuple[State, ...]


class Mix:
    """What all mixes share: members that read the same source and the same tokens."""

    def __init__(self, steppers: Sequence[Stepper], weights: Sequence[float]) -> None:
        if not steppers:
            raise DecodingError("`steppers` must have at least one member, but is empty. Name some.")
        self.vocabulary = steppers[0].vocabulary
        for number, stepper in enumerate(steppers, start=1):
            if stepper.vocabulary != self.vocabulary:
                raise DecodingError(
                    f"`steppers` must have one vocabulary, {self.vocabulary}, but that of member {number} is "
                    f"{stepper.vocabulary}. Mix models that were trained with the same one."
                )
        if len(weights) != len(steppers):
            raise DecodingError(
                f"`weights` must be one for each of {len(steppers)} members, but are {len(weights)}. Give each one."
            )
        if not all(0 < weight < math.inf for weight in weights):
            raise DecodingError(f"`weights` must be above 0 and finite, but are {list(weights)}. Leave out the others.")
        self.steppers = tuple(steppers)
        self.weights = tuple(weights)
        self.joins = all(stepper.joins for stepper in steppers)
        self.longest = min((each.longest for each in steppers if each.longest is not None), default=None)
        orders = [each.order for each in steppers]
        self.order = None if None in orders else max(order for order in orders if order is not None)

    def start(self, source: SourceBatch, *, beams: int, attention: bool = False) -> State:
        return _Together(states=tuple(each.start(source, beams=beams, attention=attention) for each in self.steppers))

    def step(self, tokens_N: Tensor, state: State) -> Step:
        assert isinstance(state, _Together), "a mix steps from the state that it made"
        steps = [each.step(tokens_N, past) for each, past in zip(self.steppers, state.states, strict=True)]
        if any(step.columns_V is not None for step in steps):
            raise DecodingError(
                "members of a mix must give the whole vocabulary, but one uses a shortlist. Turn it off."
            )
        width = max(step.logp_NV.shape[1] for step in steps)
        logp_MNV = torch.stack([_widened(step.exact_NV, width) for step in steps])
        weight_M11 = torch.tensor(self.weights, dtype=logp_MNV.dtype, device=logp_MNV.device)[:, None, None]
        attention_NS, mask_BS = _mean_attention(steps)
        return Step(
            logp_NV=self._mixed(logp_MNV, weight_M11),
            state=_Together(states=tuple(step.state for step in steps)),
            attention_NS=attention_NS,
            mask_BS=mask_BS,
        )

    def _mixed(self, logp_MNV: Tensor, weight_M11: Tensor) -> Tensor:
        raise NotImplementedError


class Mean(Mix):
    """log Σ_m w_m p_m: the mean of the members' probabilities, weighted or plain."""

    def __init__(self, steppers: Sequence[Stepper], weights: Sequence[float] | None = None) -> None:
        super().__init__(steppers, [1.0] * len(steppers) if weights is None else weights)
        self.weights = tuple(weight / sum(self.weights) for weight in self.weights)

    def _mixed(self, logp_MNV: Tensor, weight_M11: Tensor) -> Tensor:
        return (logp_MNV + weight_M11.log()).logsumexp(dim=0)


class LogLinear(Mix):
    """log p = Σ_m w_m log p_m, normalised again: a product of experts; a token needs a word from every one."""

    def _mixed(self, logp_MNV: Tensor, weight_M11: Tensor) -> Tensor:
        return (logp_MNV * weight_M11).sum(dim=0).log_softmax(dim=-1)


def check_same_tokens(vocabularies: Mapping[str, Sequence[str]]) -> None:
    """Of members by name, the tokens in the order of their ids: steppers know sizes, and sizes may agree by chance."""
    (first, tokens), *others = vocabularies.items()
    for name, other in others:
        for id, (one, two) in enumerate(zip_longest(tokens, other)):
            if one != two:
                raise DecodingError(
                    f"members of a mix must have one vocabulary, but its token {id} is {_shown(one)} in {first} and "
                    f"{_shown(two)} in {name}. Mix models that were trained with the same one."
                )


def _shown(token: str | None) -> str:
    return "missing" if token is None else f"{token!r}"


def _widened(logp_NV: Tensor, width: int) -> Tensor:
    """A member without a copy head gives the sources' own words no probability."""
    return functional.pad(logp_NV, (0, width - logp_NV.shape[1]), value=-math.inf)


def _mean_attention(steps: Sequence[Step]) -> tuple[Tensor | None, Tensor | None]:
    """Of the members that attend, and to the same positions as the first of them."""
    attending = [step for step in steps if step.attention_NS is not None]
    given = [step.attention_NS for step in attending if step.attention_NS is not None]
    alike = [attention_NS for attention_NS in given if attention_NS.shape == given[0].shape]
    return (torch.stack(alike).mean(dim=0), attending[0].mask_BS) if alike else (None, None)

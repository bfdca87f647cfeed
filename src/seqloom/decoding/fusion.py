"""A language model beside a translation model: what is said is weighed by how usual it is to say."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from seqloom.core.errors import DecodingError
from seqloom.decoding.collate import collate
from seqloom.decoding.mix import Mix
from seqloom.decoding.request import Source
from seqloom.decoding.stepper import Step, Stepper
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import State

__all__ = ["Fusion", "SameSource"]

_LEAST = -50.0
"""What the internal model is taken to say at least: it must not make likely what it thinks impossible."""


class SameSource:
    """A stepper that reads one source, whatever is asked: a language model, trained on pairs with an empty source."""

    def __init__(self, stepper: Stepper, source: Source) -> None:
        self.stepper = stepper
        self.source = source
        self.vocabulary = stepper.vocabulary
        self.joins = stepper.joins
        self.longest = stepper.longest
        self.order = stepper.order

    def start(self, source: SourceBatch, *, beams: int, attention: bool = False) -> State:
        part = next(iter(source.parts.values()))
        num_sources, device = part.mask_BS.shape[0], part.mask_BS.device
        return self.stepper.start(collate([self.source] * num_sources, device=device), beams=beams)

    def step(self, tokens_N: Tensor, state: State) -> Step:
        """Its attention is to nothing that was asked."""
        return replace(self.stepper.step(tokens_N, state), attention_NS=None, mask_BS=None)


class Fusion(Mix):
    """Shallow fusion (Gulcehre et al. 2015): log p = log p_model + w log p_lm [- v log p_internal], normalised again.

    The subtraction is the density ratio (McDermott et al. 2019): ``internal`` is a language model of what the model
    was trained on, so that the other takes its place instead of joining it. Normalised, because a hypothesis' bound and
    a draw's share need log-probabilities. A language model gives words of the source's own what it gives the unknown.
    """

    def __init__(
        self,
        model: Stepper,
        language_model: Stepper,
        *,
        weight: float,
        internal: Stepper | None = None,
        internal_weight: float = 0.0,
    ) -> None:
        if (internal is None) != (internal_weight == 0):
            raise DecodingError(
                f"`internal_weight` must be above 0 with `internal` and 0 without, but is {internal_weight}. "
                "Give both or neither."
            )
        others = [] if internal is None else [internal]
        super().__init__(
            [model, language_model, *others], [1.0, weight, *([] if internal is None else [internal_weight])]
        )

    def _mixed(self, logp_MNV: Tensor, weight_M11: Tensor) -> Tensor:
        size, unknown = self.vocabulary.size, self.vocabulary.unk
        if logp_MNV.shape[2] > size:
            logp_MNV[1:, :, size:] = logp_MNV[1:, :, unknown : unknown + 1]
        fused_NV = logp_MNV[0] + weight_M11[1] * logp_MNV[1]
        if len(logp_MNV) == 3:
            fused_NV = fused_NV - weight_M11[2] * logp_MNV[2].clamp(min=_LEAST)
        return fused_NV.log_softmax(dim=-1)

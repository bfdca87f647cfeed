"""Guided alignment: attention learns from word alignments that were made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from seqloom.core.errors import RecipeError
from seqloom.nn.contracts import Batch, Loss, Run, WantedAttention
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.wants import attention_of
from seqloom.training.objectives.weight import WeightSettings

__all__ = ["Alignment", "AlignmentSettings"]

_LEAST = 1e-30
"""A weight that has become 0 is taken for this, so that its logarithm is a number."""


@dataclass(frozen=True, kw_only=True)
class AlignmentSettings(WeightSettings):
    """The guided alignment."""

    kind: Literal["alignment"] = "alignment"

    def build(self, targets: Targets) -> Alignment:
        return Alignment()


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """Chen et al. 2016, section 3: -Σ_s A_ts log a_ts, each row of A divided by its sum.

    Tokens that are aligned to nothing, and padding, are left out of the sum and of the count.
    """

    attention: ClassVar[WantedAttention] = "one"

    def count(self, batch: Batch) -> Tensor:
        return _aligned(batch)[1].sum()

    def __call__(self, run: Run) -> Loss:
        alignment_BTS, guided_BT = _aligned(run.batch)
        attention_BTS = attention_of(run, "alignment")
        if run.memory.part_BS is not None and run.memory.units_BU is not None:
            # Of several sources the one that is aligned stands first in each row, if it keeps its positions.
            attention_BTS = attention_BTS[..., : alignment_BTS.shape[2]]
        if attention_BTS.shape != alignment_BTS.shape:
            raise RecipeError(
                f'`training.objectives` "alignment" needs an encoder that keeps a position for each source token, but '
                f"of {alignment_BTS.shape[2]} tokens this one makes {attention_BTS.shape[2]} positions. Leave it out."
            )
        wanted_PS = alignment_BTS[guided_BT].to(attention_BTS.dtype)
        logp_PS = attention_BTS[guided_BT].clamp(min=_LEAST).log()
        total = -(wanted_PS * logp_PS).sum(-1) / wanted_PS.sum(-1)
        return Loss(total=total.sum(), count=guided_BT.sum())


def _aligned(batch: Batch) -> tuple[Tensor, Tensor]:
    """The alignment, and which of the output tokens it says anything of."""
    if batch.alignment_BTS is None:
        raise RecipeError(
            '`training.objectives` "alignment" needs data with alignments, but this has none. Name their column in '
            "`data.alignment`, or leave it out."
        )
    return batch.alignment_BTS, (batch.alignment_BTS != 0).any(-1) & batch.keep_BT

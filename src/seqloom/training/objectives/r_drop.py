"""R-Drop: two passes with other dropout learn to agree."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from seqloom.models.heads.generator import positions_at_once, scored
from seqloom.nn.contracts import Batch, Features, Head, Loss, Run
from seqloom.nn.memory import Memory
from seqloom.training.objectives.cross_entropy import smoothed

__all__ = ["RDrop", "twice"]


@dataclass(frozen=True, kw_only=True)
class RDrop:
    """Liang et al. 2021, equation 4, halved so that it is as large as cross-entropy:

    ½ (-log p₁(y) - log p₂(y)) + α/4 (KL(p₁ ‖ p₂) + KL(p₂ ‖ p₁)).

    The pass is over a batch made ``twice`` as large: the second half of its rows is the first again, with its own
    dropout.
    """

    alpha: float
    smoothing: float = 0.0

    def count(self, batch: Batch) -> Tensor:
        return batch.keep_BT.sum()

    def __call__(self, run: Run) -> Loss:
        keep_BT = run.batch.keep_BT
        at, target_P = run.output.pick(keep_BT), run.batch.outputs_BT[keep_BT]
        half = len(at) // 2
        size = positions_at_once(2 * (run.vocabulary.size + run.memory.mask_BS.shape[1]))
        total = at.hidden_PD.new_zeros((), dtype=torch.float32)
        for first in range(0, half, size):
            one, two = slice(first, min(first + size, half)), slice(half + first, min(half + first + size, 2 * half))
            # Made again in the backward pass, so that the probabilities of one stretch only are held.
            total = total + checkpoint(
                self._of_stretch, run.head, at.at(one), at.at(two), run.memory, target_P[one], use_reentrant=False
            )
        return Loss(total=total, count=torch.as_tensor(half))

    def _of_stretch(self, head: Head, one: Features, two: Features, memory: Memory, target_P: Tensor) -> Tensor:
        logp_PV, logq_PV = head(one, memory), head(two, memory)
        possible_PV = (logp_PV > float("-inf")) & (logq_PV > float("-inf"))
        # (p - q)(log p - log q) is both divergences in one sum.
        gap_PV = torch.where(possible_PV, logp_PV, 0.0) - torch.where(possible_PV, logq_PV, 0.0)
        both = ((logp_PV.exp() - logq_PV.exp()) * gap_PV).sum()
        said = sum(smoothed(scored(logp_PV, target_P), self.smoothing).sum() for logp_PV in (logp_PV, logq_PV))
        return -said / 2 + self.alpha / 4 * both


def twice(batch: Batch) -> Batch:
    """Every row, and every row again."""
    rows_B = torch.arange(len(batch.target_BT), device=batch.target_BT.device).repeat(2)
    return replace(
        batch,
        source=batch.source.select(rows_B),
        target_BT=batch.target_BT[rows_B],
        target_mask_BT=batch.target_mask_BT[rows_B],
        read_BT=None if batch.read_BT is None else batch.read_BT[rows_B],
        alignment_BTS=None if batch.alignment_BTS is None else batch.alignment_BTS[rows_B],
    )

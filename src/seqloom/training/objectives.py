"""What training makes smaller. Each objective gives a sum and what it is a sum over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from seqloom.nn.contracts import Loss, Run

__all__ = ["CrossEntropy", "combined"]


@dataclass(frozen=True, kw_only=True)
class CrossEntropy:
    """-log p(y_t | y_<t, x) at the real positions, by teacher forcing.

    With smoothing ε the target has 1 - ε of the weight and all possible tokens share the rest alike (Szegedy et al.
    2016, section 7): -(1 - ε) log p(y) - ε mean_v log p(v).
    """

    smoothing: float = 0.0

    def __call__(self, run: Run) -> Loss:
        keep_BT = run.batch.keep_BT
        scored = run.head.score(run.output.pick(keep_BT), run.memory, run.batch.outputs_BT[keep_BT])
        logp_P = (1 - self.smoothing) * scored.logp_P + self.smoothing * scored.mean_logp_P
        return Loss(total=-logp_P.sum(), count=keep_BT.sum())


def combined(losses: Sequence[Loss]) -> Tensor:
    """One number: each objective's mean, added up."""
    return sum((loss.total / loss.count for loss in losses[1:]), start=losses[0].total / losses[0].count)

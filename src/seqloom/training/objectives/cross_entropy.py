"""Cross-entropy: what every model learns by unless it is told otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from seqloom.core.settings import Rate
from seqloom.nn.contracts import Batch, Loss, Run, Scored
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.weight import WeightSettings

__all__ = ["CrossEntropy", "CrossEntropySettings", "smoothed"]


@dataclass(frozen=True, kw_only=True)
class CrossEntropySettings(WeightSettings):
    """The cross-entropy."""

    kind: Literal["cross_entropy"] = "cross_entropy"
    smoothing: Rate | None = None
    """Share of the target's weight that all tokens get alike; `training.smoothing` if left out."""

    def build(self, targets: Targets) -> CrossEntropy:
        return CrossEntropy(smoothing=targets.smoothing if self.smoothing is None else self.smoothing)


@dataclass(frozen=True, kw_only=True)
class CrossEntropy:
    """-log p(y_t | y_<t, x) at the real positions, by teacher forcing.

    With smoothing ε the target has 1 - ε of the weight and all possible tokens share the rest alike (Szegedy et al.
    2016, section 7): -(1 - ε) log p(y) - ε mean_v log p(v).
    """

    smoothing: float = 0.0

    def count(self, batch: Batch) -> Tensor:
        return batch.keep_BT.sum()

    def __call__(self, run: Run) -> Loss:
        keep_BT = run.batch.keep_BT
        asked = run.output.pick(keep_BT), run.memory, run.batch.outputs_BT[keep_BT]
        # Without smoothing nobody asks for the mean, which can cost more than the targets do.
        said_P = smoothed(run.head.score(*asked), self.smoothing) if self.smoothing else run.head.logp_of(*asked)
        return Loss(total=-said_P.sum(), count=self.count(run.batch))


def smoothed(scored: Scored, smoothing: float) -> Tensor:
    """(1 - ε) log p(y) + ε mean_v log p(v) at each position."""
    return (1 - smoothing) * scored.logp_P + smoothing * scored.mean_logp_P

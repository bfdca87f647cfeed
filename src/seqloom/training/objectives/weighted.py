"""Weighted cross-entropy: some tokens, or classes, count more than others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Amount, Fraction, Rate
from seqloom.nn.contracts import Batch, Loss, Run
from seqloom.training.objectives.cross_entropy import smoothed
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.weight import WeightSettings

__all__ = ["Weighted", "WeightedSettings"]


@dataclass(frozen=True, kw_only=True)
class WeightedSettings(WeightSettings):
    """The weighted cross-entropy."""

    kind: Literal["weighted"] = "weighted"
    weights: Mapping[str, Amount] = field(default_factory=dict)
    """How much a token, or a class, counts: `{ yes = 2.0 }`; those that are not named count 1."""
    balance: Fraction = 0.0
    """To what power of its rareness a token counts, 1 being on average over what is learnt from: 0 all alike, 1 every
    class as much as every other."""
    smoothing: Rate | None = None
    """Share of the target's weight that all tokens get alike; `training.smoothing` if left out."""

    def build(self, targets: Targets) -> Weighted:
        targets.check_tokens(self.kind)
        weights_V = _balanced(targets, self.balance) if self.balance else [1.0] * targets.vocabulary.size
        for token, factor in self.weights.items():
            number = targets.id_of(token)
            if number is None:
                raise RecipeError(
                    f'`training.objectives` "weighted" must name tokens of the target, but "{token}" is none. Write it '
                    "as the vocabulary does, or leave it out."
                )
            weights_V[number] *= factor
        if not any(weights_V):
            raise RecipeError("`weights` must leave some token that counts, but all of them are 0.")
        return Weighted(
            weights_V=torch.tensor(weights_V), smoothing=targets.smoothing if self.smoothing is None else self.smoothing
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighted:
    """-w_y log p(y) of each real target token, over the sum of their weights. A row's own words count 1."""

    weights_V: Tensor
    smoothing: float = 0.0

    def count(self, batch: Batch) -> Tensor:
        return self._weight_P(batch).sum()

    def __call__(self, run: Run) -> Loss:
        keep_BT = run.batch.keep_BT
        scored = run.head.score(run.output.pick(keep_BT), run.memory, run.batch.outputs_BT[keep_BT])
        total = -(self._weight_P(run.batch) * smoothed(scored, self.smoothing)).sum()
        return Loss(total=total, count=self.count(run.batch))

    def _weight_P(self, batch: Batch) -> Tensor:
        target_P, size = batch.outputs_BT[batch.keep_BT], len(self.weights_V)
        weights_V = self.weights_V.to(target_P.device)
        return torch.where(target_P < size, weights_V[target_P.clamp(max=size - 1)], 1.0)


def _balanced(targets: Targets, power: float) -> list[float]:
    """n^-power of what occurs n times, divided so that the mean over all occurrences is 1; 1 of what never does."""
    counts: Sequence[int] = targets.counts()
    rareness = [count**-power if count else 0.0 for count in counts]
    said = sum(counts)
    mean = sum(count * rare for count, rare in zip(counts, rareness, strict=True)) / max(1, said)
    return [rare / mean if rare else 1.0 for rare in rareness]

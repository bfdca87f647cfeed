"""The one number, or two, by which a confidence is read. How they are found: ``seqloom.metrics.calibration``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["MOST", "SUREST", "Temperature"]

SUREST = 1 - 1e-6
"""No probability counts as more: in float32 the next ones are 1, whose odds know no temperature."""
MOST = math.log(SUREST / (1 - SUREST))
"""Log-odds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Temperature:
    """p ↦ σ(log-odds(p) / T + b). At T = 1 and b = 0 nothing changes; no T changes an order."""

    temperature: float = 1.0
    """Above 1 the model was too sure of itself."""
    bias: float = 0.0
    """Moves all confidences, in log-odds; 0 where the temperature alone does as well."""

    def __call__(self, logp: float) -> float:
        """The calibrated probability of what has this log-probability."""
        if self.temperature == 1.0 and self.bias == 0.0:
            return math.exp(logp)
        if logp == -math.inf:
            return 0.0
        odds = MOST if logp >= math.log(SUREST) else logp - math.log(-math.expm1(logp))
        moved = odds / self.temperature + self.bias
        small = math.exp(-abs(moved))
        return (1 if moved > 0 else small) / (1 + small)

    def to_data(self) -> dict[str, float]:
        return asdict(self)

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Temperature:
        temperature, bias = float(data["temperature"]), float(data["bias"])
        if not (0 < temperature < math.inf and math.isfinite(bias)):
            raise ValueError("temperature must be positive and finite")
        return Temperature(temperature=temperature, bias=bias)

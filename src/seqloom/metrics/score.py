"""A score, and how sure of it one may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Comparison", "Score"]


@dataclass(frozen=True, kw_only=True)
class Score:
    """One number for a whole test set. It is never printed without its signature."""

    name: str
    value: float
    """In percent where it is a share."""
    low: float | None
    high: float | None
    """The ends of the 95 % bootstrap interval; None where there is nothing to draw from."""
    signature: str
    """All that is needed to repeat it, as sacreBLEU writes it: `nrefs:1|bs:1000|seed:12345|…|version:2.6.0`."""
    higher_is_better: bool
    details: Mapping[str, Any] = field(default_factory=dict)
    """What the value is made of: precisions, a table of the classes, …. JSON can hold it."""
    against: Mapping[str, float] = field(default_factory=dict)
    """What simpler ways reach on the same test set, by name."""
    digits: int | None = 1
    """Shown behind the point; None: four that count, because the value has the data's own unit."""

    def __str__(self) -> str:
        sure = "" if self.low is None or self.high is None else f" ± {self.shown((self.high - self.low) / 2)}"
        others = "".join(f", {name} {self.shown(value)}" for name, value in self.against.items())
        return f"{self.name} {self.shown(self.value)}{sure}{others} ({self.signature})"

    def shown(self, value: float) -> str:
        """A number of the score's kind, for people."""
        return f"{value:.4g}" if self.digits is None else f"{value:.{self.digits}f}"

    def to_data(self) -> dict[str, Any]:
        """The score as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two systems' scores on one test set."""

    first: Score
    second: Score
    difference: float
    """The second's value less the first's."""
    low: float
    high: float
    """The ends of the difference's 95 % interval: paired bootstrap, Koehn 2004."""
    p: float
    """How likely a difference as great is between equal systems: approximate randomisation, Riezler & Maxwell 2005."""

    def __str__(self) -> str:
        interval = f"95 % from {self.low:+.1f} to {self.high:+.1f}, p = {self.p:.3f}"
        return f"{self.first.name} {self.difference:+.1f} ({interval}, {self.second.signature})"

    def to_data(self) -> dict[str, Any]:
        """The comparison as JSON can hold it."""
        return asdict(self)

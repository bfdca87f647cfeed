"""All that was found out about one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from seqloom.explain.insight.alternatives import Alternative
from seqloom.explain.insight.attention import Attention
from seqloom.explain.insight.attribution import Attribution
from seqloom.explain.insight.contrast import Contrast
from seqloom.explain.insight.matrices import finite
from seqloom.explain.insight.neighbours import Neighbour
from seqloom.explain.insight.own_attention import SelfAttention
from seqloom.explain.insight.tree import SearchTree

__all__ = ["PARTS", "Explanation", "What"]

What = Literal["attention", "self_attention", "attribution", "search", "alternatives"]
"""The parts that can be asked for by name; `contrast` and `neighbours` are there where what they need is given."""
PARTS: tuple[What, ...] = ("attention", "self_attention", "attribution", "search", "alternatives")


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A source, what was said of it, and why. A part that nobody asked for is None."""

    source: str
    target: str
    source_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    """The end last."""
    token_logps: tuple[float, ...]
    chosen: bool
    """Whether the model said it by itself, or was given it."""
    attention: Attention | None = None
    self_attention: SelfAttention | None = None
    attribution: Attribution | None = None
    search: SearchTree | None = None
    position: int | None = None
    """The place, counted from 0, of the alternatives."""
    alternatives: tuple[Alternative, ...] | None = None
    contrast: Contrast | None = None
    neighbours: tuple[Neighbour, ...] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    """Why a part is not there, or not all of it, that was asked for."""
    notes: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """For JSON: what was asked for and no more."""
        data: dict[str, Any] = {
            "source": self.source,
            "target": self.target,
            "source_tokens": [*self.source_tokens],
            "target_tokens": [*self.target_tokens],
            "token_logps": [*map(finite, self.token_logps)],
            "chosen": self.chosen,
        }
        parts = {
            "attention": self.attention,
            "self_attention": self.self_attention,
            "attribution": self.attribution,
            "search": self.search,
            "contrast": self.contrast,
        }
        data |= {name: part.to_data() for name, part in parts.items() if part is not None}
        if self.alternatives is not None:
            data["position"] = self.position
            data["alternatives"] = [each.to_data() for each in self.alternatives]
        if self.neighbours is not None:
            data["neighbours"] = [each.to_data() for each in self.neighbours]
        if self.missing:
            data["missing"] = dict(self.missing)
        if self.notes:
            data["notes"] = [*self.notes]
        return data

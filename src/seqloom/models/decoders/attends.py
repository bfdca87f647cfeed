"""What a recurrent decoder may look at: nothing but one vector, or the source through attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive
from seqloom.nn.attention import (
    AdditiveAttention,
    Attention,
    ConcatAttention,
    DotAttention,
    GeneralAttention,
    HeadsAttention,
)

__all__ = [
    "AdditiveAttentionSettings",
    "AttentionSettings",
    "ConcatAttentionSettings",
    "DotAttentionSettings",
    "GeneralAttentionSettings",
    "HeadsAttentionSettings",
    "NoAttentionSettings",
]


@dataclass(frozen=True, kw_only=True)
class NoAttentionSettings:
    """The fixed context vector."""

    kind: Literal["none"] = "none"
    context: Literal["initial", "every"] = "initial"
    """The encoder's summary is the initial state only (Sutskever et al. 2014), or also read at every step (Cho et al.
    2014)."""

    def build(self, query_width: int, *, memory_width: int, coverage: bool) -> None:
        return None


@dataclass(frozen=True, kw_only=True)
class AdditiveAttentionSettings:
    """Additive attention."""

    kind: Literal["additive"] = "additive"
    width: Positive | None = None
    """Inner width; the decoder's if left out."""

    def build(self, query_width: int, *, memory_width: int, coverage: bool) -> Attention:
        inner = self.width or query_width
        return AdditiveAttention(query_width, memory_width=memory_width, inner=inner, coverage=coverage)


@dataclass(frozen=True, kw_only=True)
class ConcatAttentionSettings:
    """Luong's concat attention."""

    kind: Literal["concat"] = "concat"
    width: Positive | None = None
    """Inner width; the decoder's if left out."""

    def build(self, query_width: int, *, memory_width: int, coverage: bool) -> Attention:
        inner = self.width or query_width
        return ConcatAttention(query_width, memory_width=memory_width, inner=inner, coverage=coverage)


@dataclass(frozen=True, kw_only=True)
class DotAttentionSettings:
    """Luong's dot attention."""

    kind: Literal["dot"] = "dot"

    def build(self, query_width: int, *, memory_width: int, coverage: bool) -> Attention:
        return DotAttention(query_width, memory_width=memory_width, coverage=coverage)


@dataclass(frozen=True, kw_only=True)
class GeneralAttentionSettings:
    """Luong's general attention."""

    kind: Literal["general"] = "general"

    def build(self, query_width: int, *, memory_width: int, coverage: bool) -> Attention:
        return GeneralAttention(query_width, memory_width=memory_width, coverage=coverage)


@dataclass(frozen=True, kw_only=True)
class HeadsAttentionSettings:
    """Multi-head attention."""

    kind: Literal["multihead"] = "multihead"
    heads: Positive = 4

    def build(self, query_width: int, *, memory_width: int, coverage: bool) -> Attention:
        if query_width % self.heads:
            raise RecipeError(f"heads must divide the decoder's width, but {self.heads} does not divide {query_width}.")
        return HeadsAttention(query_width, memory_width=memory_width, heads=self.heads, coverage=coverage)


AttentionSettings = (
    AdditiveAttentionSettings
    | DotAttentionSettings
    | GeneralAttentionSettings
    | ConcatAttentionSettings
    | HeadsAttentionSettings
    | NoAttentionSettings
)

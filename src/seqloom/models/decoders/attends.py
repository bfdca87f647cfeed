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
    LocalAttention,
    LocationAttention,
)

__all__ = [
    "AdditiveAttentionSettings",
    "AttentionSettings",
    "ConcatAttentionSettings",
    "DotAttentionSettings",
    "GeneralAttentionSettings",
    "HeadsAttentionSettings",
    "LocalAttentionSettings",
    "LocationAttentionSettings",
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


@dataclass(frozen=True, kw_only=True)
class LocationAttentionSettings:
    """Location-aware attention."""

    kind: Literal["location"] = "location"
    width: Positive | None = None
    """Inner width; the decoder's if left out."""
    filters: Positive = 10
    """Features made of the last step's weights around each position."""
    kernel: Positive = 15
    """Positions that a feature sees; must be odd, so that it has a middle."""

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise RecipeError(f"kernel must be odd, but is {self.kernel}. Take {self.kernel + 1}.")

    def build(self, query_width: int, *, memory_width: int, coverage: bool) -> Attention:
        return LocationAttention(
            query_width,
            memory_width=memory_width,
            inner=self.width or query_width,
            filters=self.filters,
            kernel=self.kernel,
            coverage=coverage,
        )


@dataclass(frozen=True, kw_only=True)
class LocalAttentionSettings:
    """Luong's local attention."""

    kind: Literal["local"] = "local"
    predict: bool = True
    """The window stands where the decoder says ("local-p"), or moves on by one position a step ("local-m")."""
    window: Positive = 10
    """Positions seen to each side of the middle one."""

    def build(self, query_width: int, *, memory_width: int, coverage: bool) -> Attention:
        return LocalAttention(
            query_width, memory_width=memory_width, window=self.window, predict=self.predict, coverage=coverage
        )


AttentionSettings = (
    AdditiveAttentionSettings
    | DotAttentionSettings
    | GeneralAttentionSettings
    | ConcatAttentionSettings
    | HeadsAttentionSettings
    | LocationAttentionSettings
    | LocalAttentionSettings
    | NoAttentionSettings
)

"""What a model without recurrence knows of order.

There are three places to put it: added to the embeddings, turned into queries and keys, or added to attention's scores.
``Positions`` does nothing in each of the three; every kind overrides one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.settings import Positive

__all__ = [
    "AbsolutePositionsSettings",
    "AlibiPositions",
    "AlibiPositionsSettings",
    "AttentionPositionsSettings",
    "LearnedPositions",
    "LearnedPositionsSettings",
    "NoPositionsSettings",
    "Positions",
    "PositionsSettings",
    "RelativePositions",
    "RelativePositionsSettings",
    "RotaryPositions",
    "RotaryPositionsSettings",
    "SinusoidalPositions",
    "SinusoidalPositionsSettings",
]


class Positions(nn.Module):
    """Order left out. The kinds below override one of the three places where it can enter."""

    longest: int | None = None

    def add(self, x_NTD: Tensor, positions_NT: Tensor) -> Tensor:
        """To the embeddings."""
        return x_NTD

    def rotate(self, x_NTHE: Tensor, positions_NT: Tensor) -> Tensor:
        """To queries and keys."""
        return x_NTHE

    def bias(self, queries_NT: Tensor, keys_S: Tensor) -> Tensor | None:
        """To attention's scores: ``bias_NHTS``. It is made of distances alone, whatever place they are counted from."""
        return None


@dataclass(frozen=True, kw_only=True)
class NoPositionsSettings:
    """Positions left out."""

    kind: Literal["none"] = "none"

    def build(self, *, width: int, heads: int = 1, causal: bool = False) -> Positions:
        return Positions()


@dataclass(frozen=True, kw_only=True)
class SinusoidalPositionsSettings:
    """Sinusoidal positions."""

    kind: Literal["sinusoidal"] = "sinusoidal"

    def build(self, *, width: int, heads: int = 1, causal: bool = False) -> SinusoidalPositions:
        if width % 2:
            raise RecipeError(f"width must be even for sinusoidal positions, but is {width}.")
        return SinusoidalPositions(width)


class SinusoidalPositions(Positions):
    """Vaswani et al. 2017, section 3.5: PE(p) = [sin(p ω_i)], [cos(p ω_i)], ω_i = 10000^(-2i/D), sines first."""

    frequencies: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        exponents = torch.arange(0, width, 2, dtype=torch.float64) / width
        self.register_buffer("frequencies", 10000.0**-exponents, persistent=False)

    def add(self, x_NTD: Tensor, positions_NT: Tensor) -> Tensor:
        angles = positions_NT[..., None] * self.frequencies
        return x_NTD + torch.cat([angles.sin(), angles.cos()], dim=-1).to(x_NTD.dtype)


@dataclass(frozen=True, kw_only=True)
class LearnedPositionsSettings:
    """Learned positions."""

    kind: Literal["learned"] = "learned"
    longest: Positive = 1024
    """Positions there are; a longer sequence is an error."""

    def build(self, *, width: int, heads: int = 1, causal: bool = False) -> LearnedPositions:
        return LearnedPositions(width, longest=self.longest)


class LearnedPositions(Positions):
    """A vector a position (Gehring et al. 2017, section 3.1)."""

    def __init__(self, width: int, *, longest: int) -> None:
        super().__init__()
        self.longest = longest
        self.table = nn.Embedding(longest, width)
        nn.init.normal_(self.table.weight, std=width**-0.5)

    def add(self, x_NTD: Tensor, positions_NT: Tensor) -> Tensor:
        if x_NTD.shape[1] > self.table.num_embeddings:
            raise DataError(
                f"a sequence must have at most {self.table.num_embeddings} positions, but has {x_NTD.shape[1]}. "
                f'Shorten it, or raise `positions.longest`, or take `positions.kind = "sinusoidal"`.'
            )
        return x_NTD + self.table(positions_NT)


@dataclass(frozen=True, kw_only=True)
class RotaryPositionsSettings:
    """Rotary positions."""

    kind: Literal["rotary"] = "rotary"
    base: float = 10000.0

    def build(self, *, width: int, heads: int = 1, causal: bool = False) -> RotaryPositions:
        if (width // heads) % 2:
            raise RecipeError(f"width / heads must be even for rotary positions, but is {width // heads}.")
        return RotaryPositions(width // heads, base=self.base)


class RotaryPositions(Positions):
    """Su et al. 2021, equation 34: the pair (x_i, x_{i+E/2}) turns by the angle p ω_i."""

    frequencies: Tensor

    def __init__(self, head_width: int, *, base: float) -> None:
        super().__init__()
        exponents = torch.arange(0, head_width, 2, dtype=torch.float64) / head_width
        self.register_buffer("frequencies", base**-exponents, persistent=False)

    def rotate(self, x_NTHE: Tensor, positions_NT: Tensor) -> Tensor:
        angles = (positions_NT[..., None] * self.frequencies)[:, :, None]
        cos, sin = angles.cos().to(x_NTHE.dtype), angles.sin().to(x_NTHE.dtype)
        first, second = x_NTHE.chunk(2, dim=-1)
        return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


@dataclass(frozen=True, kw_only=True)
class RelativePositionsSettings:
    """Relative positions."""

    kind: Literal["relative"] = "relative"
    buckets: Positive = 32
    """Distances told apart; half of them exactly, the rest in steps that grow."""
    distance: Positive = 128
    """From here on all distances are one."""

    def __post_init__(self) -> None:
        if self.buckets % 4:
            raise RecipeError(f"buckets must be a multiple of 4, but is {self.buckets}.")
        if self.distance <= self.buckets:
            raise RecipeError(f"distance must be more than buckets ({self.buckets}), but is {self.distance}.")

    def build(self, *, width: int, heads: int = 1, causal: bool = False) -> RelativePositions:
        return RelativePositions(heads=heads, buckets=self.buckets, distance=self.distance, causal=causal)


class RelativePositions(Positions):
    """Raffel et al. 2020, section 2.1: a learnt score a head and bucket of distances, the far ones wider."""

    def __init__(self, *, heads: int, buckets: int, distance: int, causal: bool) -> None:
        super().__init__()
        self.buckets, self.distance, self.causal = buckets, distance, causal
        self.table = nn.Embedding(buckets, heads)
        nn.init.normal_(self.table.weight, std=0.02)

    def bias(self, queries_NT: Tensor, keys_S: Tensor) -> Tensor:
        offsets_NTS = keys_S - queries_NT[..., None]
        bias_NTSH: Tensor = self.table(self._bucket(offsets_NTS))
        return bias_NTSH.permute(0, 3, 1, 2)

    def _bucket(self, offsets: Tensor) -> Tensor:
        if self.causal:
            return self._one_side(-offsets, self.buckets)
        half = self.buckets // 2
        return (offsets > 0) * half + self._one_side(offsets.abs(), half)

    def _one_side(self, distances: Tensor, buckets: int) -> Tensor:
        distances = distances.clamp(min=0)
        exact = buckets // 2
        growth = math.log(self.distance / exact)
        far = exact + (distances.clamp(min=1) / exact).log().div(growth).mul(buckets - exact).long()
        return torch.where(distances < exact, distances, far.clamp(max=buckets - 1))


@dataclass(frozen=True, kw_only=True)
class AlibiPositionsSettings:
    """Linear biases."""

    kind: Literal["alibi"] = "alibi"

    def build(self, *, width: int, heads: int = 1, causal: bool = False) -> AlibiPositions:
        if heads == 1 and not causal:
            raise RecipeError("heads must be at least 2 for linear biases in an encoder, one a side, but is 1.")
        return AlibiPositions(heads=heads, causal=causal)


class AlibiPositions(Positions):
    """Press et al. 2022, section 3: attention with linear biases, m_h (s - t), m_h a fixed slope a head.

    Nothing is learnt, so a distance that was never seen in training is one more step on a line. In an encoder, which
    the paper leaves open, every other head looks ahead, m_h (t - s), and the rest back: with -m_h |s - t| in all of
    them a sequence and its reverse would be one.
    """

    slopes: Tensor
    """Of one step ahead; negative in heads that look ahead, so that what is behind is always what they see."""

    def __init__(self, *, heads: int, causal: bool) -> None:
        super().__init__()
        slopes = _slopes(heads)
        if not causal:
            slopes[1::2] = [-slope for slope in slopes[1::2]]
        self.causal = causal
        self.register_buffer("slopes", torch.tensor(slopes), persistent=False)

    def bias(self, queries_NT: Tensor, keys_S: Tensor) -> Tensor:
        offsets_NTS = keys_S - queries_NT[..., None]
        bias_NHTS = self.slopes[:, None, None] * offsets_NTS[:, None]
        return bias_NHTS if self.causal else bias_NHTS.masked_fill(bias_NHTS > 0, float("-inf"))


def _slopes(heads: int) -> list[float]:
    """2^(-8/H), 2^(-16/H), …, 2^-8; where H is no power of 2, those of the power below, then every other one of its
    double's, as the paper's authors do.
    """
    power = 1 << (heads.bit_length() - 1)
    slopes = [2.0 ** (-8 * head / power) for head in range(1, power + 1)]
    between = [2.0 ** (-4 * head / power) for head in range(1, 2 * power, 2)]
    return [*slopes, *between][:heads]


AbsolutePositionsSettings = SinusoidalPositionsSettings | LearnedPositionsSettings | NoPositionsSettings
"""The kinds that are added to embeddings, and so need no attention."""

AttentionPositionsSettings = RotaryPositionsSettings | RelativePositionsSettings | AlibiPositionsSettings
"""The kinds that nothing but self-attention reads."""

PositionsSettings = (
    SinusoidalPositionsSettings
    | LearnedPositionsSettings
    | RotaryPositionsSettings
    | RelativePositionsSettings
    | AlibiPositionsSettings
    | NoPositionsSettings
)

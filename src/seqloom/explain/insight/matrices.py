"""Rows of figures, a row a token said, a column a token read; and as JSON takes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from torch import Tensor

__all__ = ["Matrix", "Vector", "finite", "matrix_of", "rounded", "vector_of"]

Vector: TypeAlias = tuple[float, ...]
Matrix: TypeAlias = tuple[Vector, ...]

_DIGITS = 6


def matrix_of(tensor_TS: Tensor) -> Matrix:
    return tuple(map(tuple, tensor_TS.double().cpu().tolist()))


def vector_of(tensor_T: Tensor) -> Vector:
    return tuple(tensor_T.double().cpu().tolist())


def finite(value: float) -> float | None:
    """A number as JSON may hold it: short, and nothing where there is none."""
    return round(value, _DIGITS) if math.isfinite(value) else None


def rounded(rows: Iterable[Sequence[float]]) -> list[list[float | None]]:
    return [[*map(finite, row)] for row in rows]

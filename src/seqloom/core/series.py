"""Series as text: how sequences of numbers travel where everything else is text.

One number a frame is a list of numbers, several are a list of lists, as JSON writes them: ``[0.5, 1.25]`` or
``[[0.5, 1], [1.25, 2]]``. Read, too, is what people type: numbers with spaces between them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any

from seqloom.core.wording import show

__all__ = ["Frames", "SeriesError", "frames_of", "read_series", "write_series"]

Frames = Sequence[Sequence[float]]
"""A frame a step, each with as many numbers as there are channels."""


class SeriesError(ValueError):
    """Why something is no series, without a full stop: "frame 3 must have 2 numbers, as the first has, but has 1"."""


def read_series(text: str) -> list[list[float]]:
    """The frames of a series that is written as text; one without content has none."""
    text = text.strip()
    if not text:
        return []
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise SeriesError(f"expected a list of numbers, found {show(text[:40])}") from None
        return frames_of(found)
    try:
        return frames_of([float(number) for number in text.split()])
    except SeriesError:
        raise
    except ValueError:
        raise SeriesError(f"expected a series of numbers, found {show(text[:40])}") from None


def frames_of(values: Any) -> list[list[float]]:
    """The frames of a list of numbers, of lists or of an array; all are finite and of one width."""
    values = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(values, list | tuple):
        raise SeriesError(f"expected a list of numbers, found {show(values)}")
    if not values:
        return []
    items = [item.tolist() if hasattr(item, "tolist") else item for item in values]
    nested = isinstance(items[0], list | tuple)
    rows = [list(item) if isinstance(item, list | tuple) else [item] for item in items]
    if not rows[0]:
        raise SeriesError("frame 1 must hold at least one number, but is []")
    for place, (item, row) in enumerate(zip(items, rows, strict=True), start=1):
        if isinstance(item, list | tuple) != nested or len(row) != len(rows[0]):
            wanted = f"have {len(rows[0])} numbers, as the first has" if nested else "be a number, as the first"
            raise SeriesError(f"frame {place} must {wanted}, but is {show(item)}")
        for number in row:
            if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
                raise SeriesError(f"frame {place} must hold finite numbers only, but holds {_named(number)}")
    return [[float(number) for number in row] for row in rows]


def write_series(frames: Frames) -> str:
    """The text that ``read_series`` reads back to the last bit."""
    rows: list[Any] = [[float(number) for number in frame] for frame in frames]
    if all(len(row) == 1 for row in rows):
        rows = [row[0] for row in rows]
    return json.dumps(rows)


def _named(number: object) -> str:
    """NaN and infinity by their names."""
    return str(number) if isinstance(number, float) else show(number)

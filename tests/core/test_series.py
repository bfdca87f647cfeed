"""Series as text: what is written is read again, and what is none is told from it in a line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqloom.core.series import SeriesError, frames_of, read_series, write_series


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("[1, 2.5, -3e2]", [[1.0], [2.5], [-300.0]]),
        ("[[1, 2], [3, 4]]", [[1.0, 2.0], [3.0, 4.0]]),
        (" 0.5 1\t2 ", [[0.5], [1.0], [2.0]]),
        ("7", [[7.0]]),
        ("", []),
        ("[]", []),
    ],
)
def test_it_is_read_as_it_is_written_or_typed(text: str, frames: list[list[float]]) -> None:
    assert read_series(text) == frames


def test_arrays_are_series_too() -> None:
    assert frames_of(np.array([1, 2])) == [[1.0], [2.0]]
    assert frames_of([np.array([1.0, 2.0]), np.array([3.0, 4.0])]) == [[1.0, 2.0], [3.0, 4.0]]
    assert frames_of([np.float32(0.5), 2]) == [[0.5], [2.0]]


def test_what_is_written_is_read_again() -> None:
    for frames in ([[0.1], [1e-9], [-123456.0]], [[1.0, 2.0], [3.0, 0.3]]):
        assert read_series(write_series(frames)) == frames
    assert read_series(write_series([[1 / 3]])) == [[1 / 3]]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[1, 2], [3]], "frame 2 must have 2 numbers, as the first has, but is [3]"),
        ([1, [2]], "frame 2 must be a number, as the first, but is [2]"),
        ([[1], 2], "frame 2 must have 1 numbers, as the first has, but is 2"),
        ([1, float("nan")], "frame 2 must hold finite numbers only, but holds nan"),
        ([[1, float("inf")]], "frame 1 must hold finite numbers only, but holds inf"),
        ([1, None], "frame 2 must hold finite numbers only"),
        ([True], "frame 1 must hold finite numbers only"),
        ([[[1]]], "frame 1 must hold finite numbers only"),
        ([[]], "frame 1 must hold at least one number"),
        ({"a": 1}, "expected a list of numbers"),
        (["one"], "frame 1 must hold finite numbers only"),
    ],
)
def test_what_is_no_series_is_told_in_a_line(values: Any, said: str) -> None:
    with pytest.raises(SeriesError) as raised:
        frames_of(values)
    assert said in str(raised.value)


@pytest.mark.parametrize("text", ["[1, 2", "a dog runs", "[1, NaN]", "nan 1"])
def test_nor_is_any_text(text: str) -> None:
    with pytest.raises(SeriesError):
        read_series(text)

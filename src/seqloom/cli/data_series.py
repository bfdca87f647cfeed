"""`seqloom data series`: what was seen and what came next, out of a table of measurements."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Overrides, column, named

__all__ = ["series"]


def series(
    measurements: str,
    *,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    series: str = "1",
    time: str = "2",
    value: str = "3",
    wide: Annotated[bool, Parameter(negative=())] = False,
    past: int = 48,
    ahead: int = 12,
    every: int = 1,
    overrides: Overrides = (),
) -> None:
    """Write train, valid and test of what was seen and what came next, and `next` of what was seen last.

    The last values of each series are asked for in test, those before them in valid, and train sees none of either.

    Parameters
    ----------
    measurements
        A table with a row for each measurement: whose, when, how much. CSV, TSV, JSONL or Parquet.
    out
        The folder for train.jsonl, valid.jsonl, test.jsonl and next.jsonl.
    series
        The column that says whose it is, by name or number; "none": all are of one series.
    time
        The column of times: numbers, or dates such as 2024-05-01. Rows may stand in any order.
    value
        The column of values; several, with commas between them, are the channels of one series.
    wide
        A row is a whole series: its values one after the other, behind its name if it has one. The columns above are
        not looked at.
    past
        Values that are seen.
    ahead
        Values that come next.
    every
        From one window of train to the next so many values.
    overrides
        How the table is read, as in a recipe: `--set data.encoding=cp1252`.
    """
    from seqloom.data.converting import reading_of
    from seqloom.data.windows import Windows, write_windows

    made = Windows(
        series=None if series == "none" else column(series),
        time=column(time),
        value=tuple(column(each) for each in value.split(",") if each),
        wide=wide,
        past=past,
        ahead=ahead,
        every=every,
    )
    print("\n".join(write_windows(named(measurements), out, made, reading=reading_of(overrides))))

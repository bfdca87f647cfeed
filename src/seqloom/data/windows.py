"""Windows over series: what was seen and what came next, out of tables of measurements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.files import whole_file
from seqloom.core.wording import show
from seqloom.data.columns import Columns
from seqloom.data.converting import ReadingSettings, rows_told
from seqloom.data.ledger import Ledger
from seqloom.data.readers import read_rows
from seqloom.data.rows import BadLine, Row
from seqloom.data.times import number_of, time_of

__all__ = ["Windows", "write_windows"]

_GAP = 2.0
"""Times as long as the usual step: then something is missing between."""
_ALONE = "series"
"""What a series is called where nothing names it."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Which columns say what, and how much of a series is seen. Columns are names, or numbers from 1."""

    series: int | str | None = 1
    """Whose measurement it is; None: all are of one series."""
    time: int | str = 2
    value: tuple[int | str, ...] = (3,)
    """Several are the channels of one series."""
    wide: bool = False
    """A row is a whole series, behind its name if it has one; the columns above are of no matter."""
    past: int = 48
    """Frames that a model reads …"""
    ahead: int = 12
    """… and those it says."""
    every: int = 1
    """Frames from the beginning of a window in train to that of the next."""

    def __post_init__(self) -> None:
        for name in ("past", "ahead", "every"):
            if (number := getattr(self, name)) < 1:
                raise RecipeError(f"`--{name}` must be at least 1, but is {number}.")


Series = Mapping[str, list[list[float]]]
"""The frames of each, the oldest first."""


def write_windows(file: str, folder: Path, made: Windows, *, reading: ReadingSettings) -> list[str]:
    """Write train, valid, test and next into the folder; the lines that tell of it.

    The last frames of each series are what test asks for, those before them what valid does, and train sees none of
    either. `next` has what was seen last, to be asked what nobody knows yet.
    """
    ledger = Ledger(on_bad_line=reading.on_bad_line, side_file=folder / "bad-lines.jsonl")
    read = _wide(file, reading) if made.wide else _long(file, made, reading)
    rows = ledger.rows(read)
    series = {row.source: row.extras["frames"] for row in rows} if made.wide else _in_time(rows, ledger)
    fitting = {name: frames for name, frames in series.items() if len(frames) >= made.past + made.ahead}
    if not fitting:
        longest = max(map(len, series.values()), default=0)
        raise DataError(
            f"{file}: a series must have {made.past + made.ahead} frames at least, but the longest has {longest}. "
            f"Choose a shorter `--past` or `--ahead`."
        )
    folder.mkdir(parents=True, exist_ok=True)
    lines = [*ledger.lines(), f"{len(series):,} series of {min(map(len, series.values())):,} frames and more"]
    if short := len(series) - len(fitting):
        lines.append(f"left out, being shorter than {made.past + made.ahead} frames: {short:,}")
    sets = {"train": _learnt(fitting, made), "valid": _asked(fitting, made, 2), "test": _asked(fitting, made, 1)}
    for name, windows in {**sets, "next": _next(fitting, made)}.items():
        out = folder / f"{name}.jsonl"
        number = _write(out, windows)
        lines.append(f"{name}: {rows_told(number)} written to {out}")
    return lines


def _held_out(frames: list[list[float]], made: Windows) -> int:
    """Frames at the end that are asked for; none of a series that has too few to be asked and learnt."""
    return 2 * made.ahead if len(frames) >= made.past + 3 * made.ahead else 0


def _learnt(series: Series, made: Windows) -> Iterator[dict[str, Any]]:
    for name, frames in series.items():
        last = len(frames) - _held_out(frames, made) - made.ahead
        for now in range(last, made.past - 1, -made.every):  # the newest for sure
            yield _window(name, frames, now, made)


def _asked(series: Series, made: Windows, behind: int) -> Iterator[dict[str, Any]]:
    for name, frames in series.items():
        if _held_out(frames, made):
            yield _window(name, frames, len(frames) - behind * made.ahead, made)


def _next(series: Series, made: Windows) -> Iterator[dict[str, Any]]:
    return ({"series": name, "source": _plain(frames[-made.past :])} for name, frames in series.items())


def _window(name: str, frames: list[list[float]], now: int, made: Windows) -> dict[str, Any]:
    seen, came = frames[now - made.past : now], frames[now : now + made.ahead]
    return {"series": name, "source": _plain(seen), "target": _plain(came)}


def _plain(frames: list[list[float]]) -> list[Any]:
    return [frame[0] for frame in frames] if len(frames[0]) == 1 else frames


def _write(out: Path, windows: Iterable[dict[str, Any]]) -> int:
    number = 0
    with whole_file(out) as opened:
        for window in windows:
            opened.write(f"{json.dumps(window, ensure_ascii=False)}\n".encode())
            number += 1
    return number


# ---- a row a measurement ---------------------------------------------------------------------------------------------


def _long(file: str, made: Windows, reading: ReadingSettings) -> Iterator[Row | BadLine]:
    """A row a measurement, with its time and its frame as numbers; a first line of names is none."""
    whose = made.time if made.series is None else made.series
    columns = Columns(source=(whose,), target=made.value, extras={"time": made.time})
    for row in read_rows(file, encoding=reading.encoding, columns=columns):
        if isinstance(row, BadLine):
            yield row
            continue
        written, time = row.targets[0].split("\t"), time_of(row.extras["time"])
        frame = [number_of(each) for each in written]
        if row.line == 1 and (time is None or None in frame):
            continue
        name = _ALONE if made.series is None else row.source.strip()
        wrong = _wrong(written, frame)
        if time is None:
            wrong = f"the time must be a number or a date such as 2024-05-01, but is {show(row.extras['time'])}"
        text = f"{row.source} {row.extras['time']} {row.targets[0]}"
        if wrong:
            yield BadLine(file=row.file, line=row.line, what=wrong, text=text)
        else:
            yield Row(source=name, extras={"time": time, "frame": frame}, file=row.file, line=row.line)


def _in_time(rows: Iterable[Row], ledger: Ledger) -> Series:
    """The frames of each series by their time, in whatever order they stand in the file."""
    found: dict[str, dict[float, list[float]]] = {}
    for row in rows:
        frames, time = found.setdefault(row.source, {}), row.extras["time"]
        if frames.setdefault(time, row.extras["frame"]) is not row.extras["frame"]:
            raise DataError(
                f"{row.file}:{row.line}: a series must have one value at a time, but {show(row.source)} has another "
                f"at this one. Name the column that tells the series apart: `--series store`."
            )
    for frames in found.values():
        times = sorted(frames)
        steps = [after - before for before, after in pairwise(times)]
        usual = median(steps) if steps else 0.0
        if gaps := sum(step > _GAP * usual for step in steps):
            ledger.count("missing, it seems, in places where the next comes late; windows go across them", gaps)
    return {name: [frames[time] for time in sorted(frames)] for name, frames in found.items()}


# ---- a row a series --------------------------------------------------------------------------------------------------


def _wide(file: str, reading: ReadingSettings) -> Iterator[Row | BadLine]:
    """A row a series of any length, its frames in ``extras``. What stands before the numbers is its name."""
    for row in read_rows(file, encoding=reading.encoding, columns=Columns(listed="values"), sources_only=True):
        if isinstance(row, BadLine):
            yield row
            continue
        cells = row.source.split("\t")
        named = number_of(cells[0]) is None
        written = cells[named:]
        while written and not written[-1].strip():
            written.pop()  # a table of series that end at different times
        frame = [number_of(each) for each in written]
        if row.line == 1 and frame and frame[0] is None:
            continue
        if wrong := _wrong(written, frame):
            yield BadLine(file=row.file, line=row.line, what=wrong, text=row.source)
        else:
            name = cells[0].strip() if named else f"{_ALONE} {row.line}"
            yield Row(source=name, extras={"frames": [[each] for each in frame]}, file=row.file, line=row.line)


def _wrong(written: list[str], numbers: list[float | None]) -> str:
    for text, number in zip(written, numbers, strict=True):
        if number is None or not isfinite(number):
            return f"a value must be a finite number, but is {show(text)}; what is missing must be filled or left out"
    return "" if numbers else "there must be values, but there is none"

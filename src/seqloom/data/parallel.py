"""Parallel files: the source in one, its target on the same line of the next."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import cast

from seqloom.core.errors import DataError
from seqloom.core.wording import show
from seqloom.data.columns import Columns
from seqloom.data.rows import BadLine, Row

__all__ = ["parts_of", "read_parallel"]


def parts_of(file: str) -> tuple[str, ...]:
    """The files that "train.de,train.en" names; one that is so called is one."""
    parts = tuple(file.split(","))
    return parts if len(parts) > 1 and all(parts) and not os.path.exists(file) else (file,)


def read_parallel(
    files: Sequence[str], lines: Sequence[Iterator[str | BadLine]], *, columns: Columns
) -> Iterator[Row | BadLine]:
    """Each file is a column; by default the second is the target, and further ones are further references unless they
    are asked for as something else."""
    source = _places(columns.source, "source", files) or (0,)
    target = _places(columns.target, "target", files)
    # Several columns that are asked for are one text; files that are merely there are references.
    extras = {name: _places((column,), name, files)[0] for name, column in columns.extras.items()}
    taken = {*source, *extras.values()}
    wanted = [target] if target else [(place,) for place in range(len(files)) if place not in taken]
    for number, found in enumerate(zip_longest(*lines), start=1):
        if None in found:
            raise DataError(_different(files, lines, found, number))
        bad = [line for line in found if isinstance(line, BadLine)]
        if bad:
            yield bad[0]
            continue
        texts = cast("tuple[str, ...]", found)
        yield Row(
            source="\t".join([texts[place] for place in source]),
            targets=tuple(["\t".join([texts[place] for place in places]) for places in wanted]),
            extras={name: texts[place] for name, place in extras.items()},
            file=files[source[0]],
            line=number,
        )


def _places(columns: tuple[int | str, ...], side: str, files: Sequence[str]) -> tuple[int, ...]:
    places = tuple(column - 1 for column in columns if isinstance(column, int) and column <= len(files))
    if len(places) < len(columns):
        setting = f"`data.{side}_columns`" if side in ("source", "target") else f"the column of `{side}`"
        raise DataError(
            f"{','.join(files)}: {setting} must be numbers of these files, 1 to {len(files)}, "
            f"but is {show(list(columns))}. Name them by number."
        )
    return places


def _different(
    files: Sequence[str], lines: Sequence[Iterator[str | BadLine]], last: Sequence[object], number: int
) -> str:
    counts = [
        number - 1 if line is None else number + sum(1 for _ in rest) for rest, line in zip(lines, last, strict=True)
    ]
    shown = ", ".join(f"{file} has {count} lines" for file, count in zip(files, counts, strict=True))
    return f"{shown}: parallel files must have as many. Find where one of them lacks a line or has one too many."

"""Rows in a file of a run's own: a list a row, which are the source, its targets, and last what stands beside them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count, islice
from json.encoder import encode_basestring
from pathlib import Path
from typing import IO

from seqloom.data.annotations import Annotations
from seqloom.data.rows import Row

__all__ = ["count_rows", "keep_rows", "kept_rows", "part_rows"]

_TOGETHER = 1024
"""Lines that are read as one piece of JSON, which is quicker than each on its own."""


def keep_rows(path: Path, rows: Iterable[Row], annotations: Annotations, keeps: Collection[str] = ()) -> int:
    """How many there were. The last item of a list is an object of the row's annotations if the recipe names any, and
    of what its task ``keeps``."""
    number = 0
    with path.open("w", encoding="utf-8") as opened:
        for row in rows:
            items = [*map(encode_basestring, (row.source, *row.targets))]
            if annotations or keeps:
                kept = {name: row.extras[name] for name in keeps if name in row.extras}
                items.append(json.dumps({**kept, **annotations.of(row)}, ensure_ascii=False))
            opened.write(f"[{', '.join(items)}]\n")
            number += 1
    return number


def part_rows(path: Path, names: Sequence[str]) -> dict[tuple[str, ...], Path]:
    """The file as one for each of the values that its rows have under these names, in their order; itself without."""
    if not names:
        return {(): path}
    parts: dict[tuple[str, ...], Path] = {}
    with ExitStack() as opened, path.open(encoding="utf-8", newline="\n") as lines:
        written: dict[tuple[str, ...], IO[str]] = {}
        for line, row in zip(lines, kept_rows(path), strict=True):
            values = tuple(str(row.extras.get(name, "")) for name in names)
            if values not in written:
                parts[values] = path.with_name(f"{path.stem}.{len(parts)}{path.suffix}")
                written[values] = opened.enter_context(parts[values].open("w", encoding="utf-8", newline="\n"))
            written[values].write(line)
    path.unlink()
    return dict(sorted(parts.items()))


def count_rows(path: Path) -> int:
    with path.open("rb") as opened:
        return sum(1 for _ in opened)


def kept_rows(path: Path) -> Iterator[Row]:
    numbers = count(1)
    with path.open(encoding="utf-8", newline="\n") as opened:
        while lines := list(islice(opened, _TOGETHER)):
            for source, *rest in json.loads(f"[{','.join(lines)}]"):
                extras = rest.pop() if rest and isinstance(rest[-1], dict) else {}
                yield Row(source=source, targets=tuple(rest), extras=extras, file=path.name, line=next(numbers))

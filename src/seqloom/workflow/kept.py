"""Rows in a file of a run's own: a list a row, which are the source, its targets, and last what stands beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from seqloom.data.annotations import Annotations
from seqloom.data.rows import Row

__all__ = ["count_rows", "keep_rows", "kept_rows"]


def keep_rows(path: Path, rows: Iterable[Row], annotations: Annotations) -> int:
    """How many there were. The last item of a list is an object of the row's annotations if the recipe names any."""
    count = 0
    with path.open("w", encoding="utf-8") as opened:
        for row in rows:
            beside = [annotations.of(row)] if annotations else []
            opened.write(json.dumps([row.source, *row.targets, *beside], ensure_ascii=False) + "\n")
            count += 1
    return count


def count_rows(path: Path) -> int:
    with path.open("rb") as opened:
        return sum(1 for _ in opened)


def kept_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="\n") as opened:
        for number, line in enumerate(opened, start=1):
            source, *rest = json.loads(line)
            extras = rest.pop() if rest and isinstance(rest[-1], dict) else {}
            yield Row(source=source, targets=tuple(rest), extras=extras, file=path.name, line=number)

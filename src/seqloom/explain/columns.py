"""Cells under each other, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

__all__ = ["aligned"]


def aligned(rows: Sequence[Sequence[str]], *, texts: int = 1) -> Iterator[str]:
    """A line a row. The first so many columns stand to the left, the others, figures, to the right."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            _padded(cell, width, left=place < texts)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _padded(cell: str, width: int, *, left: bool) -> str:
    """A Chinese character takes two columns."""
    space = " " * (width - cell_len(cell))
    return cell + space if left else space + cell

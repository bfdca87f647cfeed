"""The ledger: what became of every line that was read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from seqloom.core.errors import DataError
from seqloom.data.rows import BadLine, Row

__all__ = ["Ledger", "OnBadLine"]

OnBadLine = Literal["stop", "skip", "keep"]
"""keep: skip it, and write it with its place and reason to a side file."""

_EXAMPLES = 3


class Ledger:
    """Counts the rows of one reading, says what to do about bad lines, and lets both be shown."""

    def __init__(self, *, on_bad_line: OnBadLine = "stop", side_file: Path | None = None) -> None:
        self.on_bad_line: OnBadLine = on_bad_line
        self.side_file = side_file
        """JSON lines with `file`, `line`, `what` and `text`, made for the first bad line to keep; None keeps none."""
        self.read = 0
        """Rows, without the bad lines."""
        self.bad = 0
        self.first_bad: list[str] = []
        """The first few, each "file:line: what"."""
        self._counts: dict[str, int] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """What else was counted, in order of first use: {"dropped: duplicate": 12}."""
        return MappingProxyType(self._counts)

    def count(self, what: str, number: int = 1) -> None:
        """`what` reads on from "12 rows …": "dropped: duplicate"."""
        self._counts[what] = self._counts.get(what, 0) + number

    def rows(self, found: Iterable[Row | BadLine]) -> Iterator[Row]:
        """The rows among what was found; a bad line stops the reading with a DataError, or is passed over.

        A file of nothing but bad lines is a DataError whatever the policy: there is nothing left to go on with.
        """
        first: BadLine | None = None
        before, bad = self.read, self.bad
        left_out = 0
        for row in found:
            if isinstance(row, Row):
                self.read += 1
                yield row
            elif row.left_out:
                left_out += 1
                self.count(f"left out: {row.what}")
            else:
                first = first or row
                self._bad(row)
        if first is not None and self.read == before and not left_out:
            raise DataError(f"{first}; not one of {self.bad - bad} lines can be read. Correct the file.")

    def refuse(self, line: BadLine) -> None:
        """A row that was read, and turned out to be a bad line."""
        self.read -= 1
        self._bad(line)

    def lines(self) -> list[str]:
        """For people: "29,000 rows read", "3 bad lines skipped (train.tsv:17: …)", "12 rows dropped: duplicate"."""
        lines = [f"{_rows(self.read)} read"]
        if self.bad:
            done = f"kept in {self.side_file}" if self.on_bad_line == "keep" and self.side_file else "skipped"
            more = "; …" if self.bad > len(self.first_bad) else ""
            noun = "bad line" if self.bad == 1 else "bad lines"
            lines.append(f"{self.bad:,} {noun} {done} ({'; '.join(self.first_bad)}{more})")
        return lines + [f"{_rows(number)} {what}" for what, number in self._counts.items()]

    def _bad(self, line: BadLine) -> None:
        if self.on_bad_line == "stop":
            raise DataError(f'{line}. Fix the line, or skip such lines with `data.on_bad_line = "skip"`.')
        self.bad += 1
        if len(self.first_bad) < _EXAMPLES:
            self.first_bad.append(str(line))
        if self.on_bad_line == "keep" and self.side_file is not None:
            self._keep(line, self.side_file)

    def _keep(self, line: BadLine, side_file: Path) -> None:
        kept = {"file": line.file, "line": line.line, "what": line.what, "text": line.text}
        # The first of this reading replaces what an earlier one left. A line at a time, so that every one is whole.
        try:
            side_file.parent.mkdir(parents=True, exist_ok=True)
            with side_file.open("w" if self.bad == 1 else "a", encoding="utf-8", errors="backslashreplace") as side:
                side.write(json.dumps(kept, ensure_ascii=False) + "\n")
        except OSError as error:
            raise DataError(
                f"{side_file}: the bad lines cannot be kept there ({error.strerror}). "
                'Make the folder writable, or set `data.on_bad_line = "skip"`.'
            ) from error


def _rows(number: int) -> str:
    return f"{number:,} row" if number == 1 else f"{number:,} rows"

"""The lines of a file as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from seqloom.core.errors import DataError
from seqloom.data.encodings import Encoding, encoding_of, guess_encoding, guess_wide, how_to_read, is_utf_8
from seqloom.data.opening import STANDARD_INPUT, blocks_of, check_file, check_text, shown
from seqloom.data.rows import BadLine

__all__ = ["lines_of"]

_LONGEST = 1 << 26
_FEW = 3
_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\xef\xbb\xbf": "utf-8"}


def lines_of(
    file: str, *, encoding: str = "utf-8", stdin: BinaryIO | None = None, may_be_empty: bool = False
) -> Iterator[str | BadLine]:
    """Every line without its end, which is "\\n" or "\\r\\n" and nothing else; or why it is none."""
    known = encoding_of(encoding)
    if file != STANDARD_INPUT:
        check_file(file)
    blocks = blocks_of(file, stdin)
    start = next(blocks, b"")
    if not start and not may_be_empty:
        raise DataError(f"{shown(file)} is empty.")
    decoder = _Decoder(shown(file), known)
    start = decoder.begin(start)
    rest = b""
    for block in chain([start], blocks):
        data = rest + block if rest else block
        end = decoder.encoding.end_of_lines(data)
        if end:
            yield from decoder.lines(data[:end])
        rest = data[end:]
        if len(rest) > _LONGEST:
            raise DataError(f"{shown(file)}:{decoder.number + 1}: the line is longer than 64 MiB. Is this text?")
    if rest:
        yield from decoder.one_by_one([rest])


class _Decoder:
    """One pass through a file, block by block."""

    def __init__(self, file: str, encoding: Encoding) -> None:
        self.file = file
        self.encoding = encoding
        self.number = 0
        """The line that was read last."""

    def begin(self, start: bytes) -> bytes:
        """The first block without its byte order mark, once it is sure that the file is text in this encoding."""
        check_text(self.file, start)
        mark = next((mark for mark in _MARKS if start.startswith(mark)), b"")
        name = self.encoding.name
        actual = _MARKS[mark] if mark else self._seems(start)
        # "utf-16" stands for either byte order.
        if actual != name and not (name == "utf-16" and actual.startswith(name)):
            seen = "utf-16" if actual.startswith("utf-16") else actual
            raise DataError(f"{self.file} must be {name}, but is {seen}: {how_to_read(seen)}.")
        self.encoding = encoding_of(actual)
        if b"\n" not in start and start.count(b"\r") > 1:
            raise DataError(f"{self.file}: its lines end in CR alone. Save it with the line ends of Unix or Windows.")
        return start[len(mark) :]

    def _seems(self, start: bytes) -> str:
        """The encoding, where the bytes leave no doubt; otherwise that which was asked for."""
        name = self.encoding.name
        if self.encoding.wide:
            if b"\0" not in start and b"\n" in start and is_utf_8(start, surely=False):
                return "utf-8"
            return (guess_wide(start) or "utf-16-le") if name == "utf-16" else name
        if b"\0" in start and (wide := guess_wide(start)) is not None:
            return wide
        # A NUL byte here and there spoils a line.
        if start.count(b"\0") > start.count(b"\n"):
            raise DataError(f"{self.file} must be text, but is binary: it holds NUL bytes.")
        return "utf-8" if name != "utf-8" and is_utf_8(start) else name

    def lines(self, data: bytes) -> Sequence[str | BadLine]:
        """Those of data that ends in a newline."""
        try:
            text = self.encoding.decode(data)
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            return list(self.one_by_one(self.encoding.split(data)))
        if "\r\n" in text:
            text = text.replace("\r\n", "\n")
        lines = text.split("\n")
        lines.pop()
        self.number += len(lines)
        return lines

    def one_by_one(self, lines: Sequence[bytes]) -> Iterator[str | BadLine]:
        """The lines of a block in which something is wrong."""
        advice = self._advice(lines)
        for line in lines:
            self.number += 1
            text = self._text(line)
            if isinstance(text, UnicodeDecodeError):
                yield self._bad(line, f"{self._place(line, text)}{advice}")
            elif "\0" in text:
                yield self._bad(line, "a NUL byte stands in the line")
            else:
                yield text.removesuffix("\r")

    def _advice(self, lines: Sequence[bytes]) -> str:
        """What to add to the fault of each line; a DataError where the file is in another encoding altogether."""
        faults = [
            (index, line, text) for index, line in enumerate(lines) if not isinstance(text := self._text(line), str)
        ]
        if 2 * len(faults) <= sum(not line.isascii() for line in lines):
            return ""
        guess = guess_encoding([line for _, line, _ in faults])
        if guess is None:
            return ""
        advice = f"; the file looks like {guess}: {how_to_read(guess)}"
        if len(faults) >= _FEW:
            # To skip such lines would be to learn from the few that happen to be plain ASCII.
            index, line, error = faults[0]
            raise DataError(f"{self.file}:{self.number + index + 1}: {self._place(line, error)}{advice}.")
        return advice

    def _text(self, line: bytes) -> str | UnicodeDecodeError:
        try:
            return self.encoding.decode(line)
        except UnicodeDecodeError as error:
            return error

    def _place(self, line: bytes, error: UnicodeDecodeError) -> str:
        column = len(self.encoding.decode(line[: error.start])) + 1
        return f"not valid {self.encoding.name} (byte 0x{line[error.start]:02X} at column {column})"

    def _bad(self, line: bytes, what: str) -> BadLine:
        text = line.decode(self.encoding.name, "backslashreplace").removesuffix("\r")
        return BadLine(file=self.file, line=self.number, what=what, text=text)

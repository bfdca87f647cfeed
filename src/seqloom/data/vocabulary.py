"""The tokens a tokenizer knows, in the order of their ids, and how often each was seen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from seqloom.core.errors import ModelFolderError
from seqloom.core.specials import Specials

__all__ = ["CONTROLS", "Vocabulary"]

CONTROLS = ("<pad>", "<bos>", "<eos>", "<unk>")
"""The first four of every vocabulary. They are known by their ids: the same words in a text are text."""

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {written: char for char, written in _ESCAPES.items()}


@dataclass(frozen=True)
class Vocabulary:
    """Tokens by id; the first of two equal ones is a control's, which no text can name."""

    tokens: tuple[str, ...]
    counts: tuple[int, ...]

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """Of all tokens but the controls."""
        return {token: number for number, token in enumerate(self.tokens) if number >= len(CONTROLS)}

    @classmethod
    def of(
        cls, counts: Mapping[str, int], *, reserved: Sequence[str] = (), size: int = 0, minimum_count: int = 1
    ) -> Self:
        """The controls, what is reserved, and the commonest of the rest up to ``size`` tokens in all (0: every one)."""
        first = [*CONTROLS, *reserved]
        rest = [(token, count) for token, count in counts.items() if count >= minimum_count and token not in reserved]
        # Half a surrogate pair is no character: it cannot be written to a file, and stays unknown.
        rest = [(token, count) for token, count in rest if not _SURROGATE.search(token)]
        rest.sort(key=lambda entry: (-entry[1], entry[0]))
        if size:
            rest = rest[: max(0, size - len(first))]
        return cls(
            tokens=(*first, *(token for token, _ in rest)),
            counts=(*(0 for _ in CONTROLS), *(counts.get(token, 0) for token in reserved), *(n for _, n in rest)),
        )

    @property
    def specials(self) -> Specials:
        return Specials(size=len(self.tokens))

    def write(self, path: Path) -> None:
        """A line a token, in the order of the ids: the token, a tab, how often it was seen."""
        lines = (f"{_escape(token)}\t{count}\n" for token, count in zip(self.tokens, self.counts, strict=True))
        path.write_text("".join(lines), encoding="utf-8", newline="\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """What ``write`` wrote."""
        tokens, counts = [], []
        # Only "\n" ends a line: a token may be one of the other characters that str.splitlines takes for an end.
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").split("\n")[:-1], start=1):
            token, tab, count = line.partition("\t")
            if not tab or not count.isdecimal():
                raise ModelFolderError(f"{path}:{number}: must be a token, a tab and a count. Save the tokenizer anew.")
            tokens.append(_unescape(token))
            counts.append(int(count))
        if tuple(tokens[: len(CONTROLS)]) != CONTROLS:
            raise ModelFolderError(f"{path} must begin with {', '.join(CONTROLS)}. Save the tokenizer anew.")
        return cls(tokens=tuple(tokens), counts=tuple(counts))


_SURROGATE = re.compile("[\ud800-\udfff]")


def _escape(token: str) -> str:
    return re.sub(r"[\\\t\n\r]", lambda found: _ESCAPES[found.group()], token)


def _unescape(written: str) -> str:
    if "\\" not in written:  # which is nearly every one
        return written
    return re.sub(r"\\[\\tnr]", lambda found: _UNESCAPES[found.group()], written)

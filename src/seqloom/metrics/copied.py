"""How much of what is said stands in the training texts: a small sketch of these, and what is found in it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, Self

import numpy as np

import seqloom
from seqloom.metrics.counts import Counts, percent
from seqloom.metrics.variety import grams_of
from seqloom.metrics.words import plain

__all__ = ["Seen"]

_AT_ONCE = 2**18


class Seen:
    """Hashes of what texts hold: n tokens in a row or, with ``n`` 0, each text as a whole.

    At most so many are kept, the smallest ones (a bottom-k sketch, Cohen & Kaplan 2007). Then only those of an answer's
    are looked up that would have been kept, which is a fair sample of all.
    """

    def __init__(self, n: int, hashes: np.ndarray[Any, np.dtype[np.uint64]], *, limit: int) -> None:
        self.n = n
        self.hashes = hashes
        """Sorted."""
        self.limit = limit
        """What is larger was not kept."""

    @classmethod
    def learn(cls, texts: Iterable[str], *, n: int, most: int) -> Self:
        limit = 2**64 - 1
        kept = np.empty(0, np.uint64)
        new: list[int] = []

        def settle() -> None:
            nonlocal limit, kept
            kept = np.union1d(kept, np.array(new, np.uint64))
            new.clear()
            if len(kept) > most:
                kept = kept[:most]
                limit = int(kept[-1])

        for text in texts:
            new += [each for each in _hashes(text, n) if each <= limit]
            if len(new) >= _AT_ONCE:
                settle()
        settle()
        return cls(n, kept, limit=limit)

    def counts(self, answers: Sequence[str]) -> Counts:
        """The share that stands in the texts."""
        rows = []
        for answer in answers:
            looked = np.array([each for each in _hashes(answer, self.n) if each <= self.limit], np.uint64)
            rows.append([np.isin(looked, self.hashes).sum(), len(looked)])
        what = f"copied {self.n}-grams" if self.n else "copied whole"
        return Counts(
            name=what,
            rows_NK=np.array(rows, dtype=np.float64),
            formula=percent,
            signature=f"known:{len(self.hashes)}|case:mixed|tok:tokens|version:seqloom {seqloom.__version__}",
            higher_is_better=False,
        )

    def to_data(self) -> dict[str, Any]:
        """As JSON can hold it."""
        packed = b64encode(self.hashes.astype("<u8").tobytes()).decode("ascii")
        return {"n": self.n, "limit": self.limit, "hashes": packed}

    @classmethod
    def from_data(cls, data: Any) -> Self:
        hashes = np.frombuffer(b64decode(data["hashes"]), "<u8").astype(np.uint64)
        return cls(data["n"], hashes, limit=data["limit"])


def _hashes(text: str, n: int) -> list[int]:
    found = [" ".join(gram) for gram in grams_of(text, n)] if n else [plain(text)]
    return [int.from_bytes(blake2b(each.encode(), digest_size=8).digest(), "little") for each in found]

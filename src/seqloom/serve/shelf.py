"""Files that wait to be fetched, once each."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field

__all__ = ["Kept", "Shelf"]


@dataclass(frozen=True, kw_only=True)
class Kept:
    name: str
    """What it is to be called by whoever fetches it."""
    content: bytes
    until: float = field(default=0.0, repr=False)


class Shelf:
    """In memory alone: what nobody fetches in time is forgotten, and so is what is too much, the oldest first."""

    def __init__(self, *, seconds: float = 600.0, most: int = 128 << 20) -> None:
        self._seconds = seconds
        self._most = most
        self._files: OrderedDict[str, Kept] = OrderedDict()

    def put(self, name: str, content: bytes) -> str:
        """The word by which it is fetched, which nobody guesses."""
        self._tidy(room=len(content))
        word = secrets.token_urlsafe(24)
        self._files[word] = Kept(name=name, content=content, until=time.monotonic() + self._seconds)
        return word

    def take(self, word: str) -> Kept | None:
        self._tidy(room=0)
        return self._files.pop(word, None)

    def _tidy(self, *, room: int) -> None:
        now = time.monotonic()
        size = room + sum(len(each.content) for each in self._files.values())
        while self._files:
            word, oldest = next(iter(self._files.items()))
            if oldest.until > now and size <= self._most:
                return
            del self._files[word]
            size -= len(oldest.content)

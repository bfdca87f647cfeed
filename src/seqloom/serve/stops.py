"""Texts at which an answer ends."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Stops", "ended"]


def ended(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text up to the first of them, and whether there was one."""
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


class Stops:
    """The same of a text that comes in pieces: what may be the beginning of one of them is held back."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._held = ""
        self.met = False

    def take(self, piece: str) -> str:
        """What of it can be said: nothing any more, once one of them was met."""
        if self.met:
            return ""
        self._held, self.met = ended(self._held + piece, self._stops)
        kept = 0 if self.met else max((self._begun(stop) for stop in self._stops), default=0)
        said = self._held[: len(self._held) - kept]
        self._held = self._held[len(said) :]
        return said

    def rest(self) -> str:
        """What was held back for nothing."""
        said, self._held = self._held, ""
        return said

    def _begun(self, stop: str) -> int:
        """As many characters of it as the text ends in."""
        return next((size for size in range(len(stop) - 1, 0, -1) if self._held.endswith(stop[:size])), 0)

"""Several engines, of which each request goes to the first that does not refuse it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from seqloom.decoding.request import Engine, Event, Pair, Piece, Request, Scored

__all__ = ["FirstOf"]


class FirstOf:
    """The fastest first, and last one that can answer everything: it also scores pairs."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.engines = engines
        self._open: list[set[Hashable]] = [set() for _ in engines]

    def refuses(self, request: Request) -> str | None:
        line = None
        for engine in self.engines:
            line = engine.refuses(request)
            if line is None:
                return None
        return line

    def admit(self, requests: Sequence[Request]) -> None:
        shares: list[list[Request]] = [[] for _ in self.engines]
        for request in requests:
            willing = (place for place, engine in enumerate(self.engines) if engine.refuses(request) is None)
            shares[next(willing, len(shares) - 1)].append(request)
        for engine, share, opened in zip(self.engines, shares, self._open, strict=True):
            if share:
                engine.admit(share)
                opened |= {request.id for request in share}

    def step(self) -> list[Event]:
        events: list[Event] = []
        for engine, opened in zip(self.engines, self._open, strict=True):
            if opened:
                news = engine.step()
                opened -= {event.id for event in news if not isinstance(event, Piece)}
                events += news
        return events

    def cancel(self, ids: Sequence[Hashable]) -> None:
        for engine, opened in zip(self.engines, self._open, strict=True):
            engine.cancel(ids)
            opened -= set(ids)

    def score(self, pairs: Sequence[Pair]) -> list[Scored]:
        return self.engines[-1].score(pairs)

"""The requests that an engine has been given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence

from seqloom.core.errors import DecodingError
from seqloom.decoding.request import Event, Failed, Piece, Request

__all__ = ["Queue"]


class Queue:
    """Those that wait, and the names of all that are not over. One that is refused fails at the next step."""

    def __init__(self) -> None:
        self.waiting: deque[Request] = deque()
        self._open: set[Hashable] = set()
        self._refused: list[Failed] = []

    def refuses(self, request: Request) -> str | None:
        """Why its name cannot be told from another's; None if it can."""
        if request.id in self._open:
            return f"`id` must be new, but {request.id!r} is being answered. Choose another."
        return None

    def admit(self, requests: Sequence[Request], refuses: Callable[[Request], str | None]) -> None:
        for request in requests:
            line = refuses(request)
            if line is None:
                self._open.add(request.id)
                self.waiting.append(request)
            else:
                self._refused.append(Failed(id=request.id, error=DecodingError(line)))

    def refused(self) -> list[Event]:
        """What is to be said of those that were refused, once."""
        told, self._refused = self._refused, []
        return [*told]

    def over(self, events: Iterable[Event]) -> None:
        """These have come of admitted requests: names of which there is no more to come are free."""
        self._open -= {event.id for event in events if not isinstance(event, Piece)}

    def cancel(self, ids: set[Hashable]) -> None:
        """Forget them, wherever they are here."""
        self._refused = [failed for failed in self._refused if failed.id not in ids]
        self.waiting = deque(request for request in self.waiting if request.id not in ids)
        self._open -= ids

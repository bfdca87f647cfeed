"""A question that is being answered, in one part or several."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from seqloom.decoding.request import Answer as Found
from seqloom.decoding.request import Event, Failed, Finished, Request, Source
from seqloom.workflow.feeds import Question

__all__ = ["Opened", "id_of", "one_line"]


@dataclass(kw_only=True)
class Opened:
    """What is asked of an engine for a question, and what has come of it."""

    key: Hashable
    """Tells it from all others that its engine has: the ids of its requests begin with it."""
    place: int
    """Among the questions of one asking: what is drawn depends on it."""
    original: Question
    """As it came …"""
    question: Question
    """… and as the model reads it."""
    parts: list[str] = field(default_factory=list)
    numbered: list[tuple[Source, tuple[str, ...]]] = field(default_factory=list)
    """Each part as a source, and its own words."""
    befores: list[str | None] = field(default_factory=list)
    """The layout before each part; None: it goes on where the one before it ends."""
    behind: str = ""
    """The layout behind the last one."""
    requests: list[Request] = field(default_factory=list)
    """One a part, or two where answers are chosen among draws and the n best. An id is a key, a part, and which."""
    found: dict[Hashable, Found] = field(default_factory=dict)
    told: dict[Hashable, tuple[int, ...]] = field(default_factory=dict)
    """The pieces of answers that are still being made."""
    error: str | None = None

    @property
    def complete(self) -> bool:
        return self.error is not None or len(self.found) == len(self.requests)

    @property
    def left(self) -> list[Hashable]:
        """The requests of which there is more to come."""
        return [request.id for request in self.requests if request.id not in self.found]

    def take(self, event: Event) -> None:
        """One of what its requests have come to. After a failure nobody asks for what is left."""
        if isinstance(event, Failed):
            self.error = one_line(event.error)
        elif isinstance(event, Finished):
            self.found[event.id] = event.answer
            self.told.pop(event.id, None)
        else:
            self.told[event.id] = (*self.told.get(event.id, ()), *event.tokens)

    def of_part(self, part: int) -> list[Request]:
        return [request for request in self.requests if id_of(request)[1] == part]

    def settled(self) -> Iterator[tuple[int, tuple[int, ...] | None]]:
        """The parts of which something is said, in turn up to the first that is not over, with its pieces."""
        for part in range(len(self.parts)):
            requests = self.of_part(part)
            if all(request.id in self.found for request in requests):
                yield part, None
                continue
            if len(requests) == 1 and (tokens := self.told.get(requests[0].id)):
                yield part, tokens
            return


def id_of(of: Request | Event) -> tuple[Hashable, int]:
    """The key of a question, and which of its parts this is of."""
    assert isinstance(of.id, tuple)
    return of.id[0], of.id[1]


def one_line(error: Exception) -> str:
    return " ".join(str(error).split("\n"))

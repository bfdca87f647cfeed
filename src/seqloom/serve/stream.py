"""An answer that is told while it is made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from seqloom.serve.desk import Desk, Ticket
from seqloom.serve.problems import Refusal
from seqloom.workflow.answers import Answer

__all__ = ["Stream", "too_late"]


class Stream(AsyncIterator[str]):
    """Pieces as they settle. It is under way from the beginning; whoever leaves it must ``aclose`` it."""

    def __init__(self, desk: Desk, ticket: Ticket, seconds: float) -> None:
        self.answer: Answer | None = None
        """The whole of it, when there are no more pieces."""
        self._desk = desk
        self._ticket = ticket
        self._pieces = self._run(ticket, seconds)
        desk.put([ticket])

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> str:
        return await anext(self._pieces)

    async def aclose(self) -> None:
        await self._pieces.aclose()
        self._leave()

    def _leave(self) -> None:
        if not self._ticket.answer.done():
            self._ticket.answer.cancel()
            self._desk.drop([self._ticket])

    async def _run(self, ticket: Ticket, seconds: float) -> AsyncGenerator[str]:
        until = asyncio.get_running_loop().time() + seconds
        try:
            while (piece := await _in_time(ticket, until, seconds)) is not None:
                yield piece
            answer = ticket.answer.result()
            if answer.error is not None:
                raise Refusal(422, answer.error)
            self.answer = answer
        finally:
            self._leave()


async def _in_time(ticket: Ticket, until: float, seconds: float) -> str | None:
    try:
        async with asyncio.timeout_at(until):
            return await ticket.pieces.get()
    except TimeoutError:
        raise too_late(seconds) from None


def too_late(seconds: float) -> Refusal:
    return Refusal(504, f"there was no answer within {seconds:g} seconds.", retry_after=seconds)

"""An answer that is told while it is made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from seqloom.serve.desk import Desk, Ticket
from seqloom.serve.problems import Refusal
from seqloom.workflow.answers import Answer

__all__ = ["Stream", "too_late"]


class Stream(AsyncIterator[str]):
    """Pieces as they settle. It begins when it is first asked for one; whoever leaves it must ``aclose`` it."""

    def __init__(self, desk: Desk, ticket: Ticket, seconds: float) -> None:
        self.answer: Answer | None = None
        """The whole of it, when there are no more pieces."""
        self._pieces = self._run(desk, ticket, seconds)

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> str:
        return await anext(self._pieces)

    async def aclose(self) -> None:
        await self._pieces.aclose()

    async def _run(self, desk: Desk, ticket: Ticket, seconds: float) -> AsyncGenerator[str]:
        desk.put([ticket])
        until = asyncio.get_running_loop().time() + seconds
        try:
            while (piece := await _in_time(ticket, until, seconds)) is not None:
                yield piece
            answer = ticket.answer.result()
            if answer.error is not None:
                raise Refusal(422, answer.error)
            self.answer = answer
        finally:
            if not ticket.answer.done():
                ticket.answer.cancel()
                desk.drop([ticket])


async def _in_time(ticket: Ticket, until: float, seconds: float) -> str | None:
    try:
        async with asyncio.timeout_at(until):
            return await ticket.pieces.get()
    except TimeoutError:
        raise too_late(seconds) from None


def too_late(seconds: float) -> Refusal:
    return Refusal(504, f"there was no answer within {seconds:g} seconds.", retry_after=seconds)

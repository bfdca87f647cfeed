"""The line to one client: what comes before a request's body must be short and soon there, or the line is closed."""

from __future__ import annotations

import asyncio
import json
import selectors
import uuid
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from seqloom.serve.problems import Refusal
from seqloom.serve.routes.own import problem

__all__ = ["Line"]

_HEAD = 64 << 10
"""Bytes of a request's first line and headers."""


class Line(HttpToolsProtocol):
    """What is no request yet no route sees: here it is bounded, and refused in the words of our own API."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        seconds: float,
    ) -> None:
        """``seconds``: for the head of a request, of the first one from when the line is open."""
        super().__init__(config, server_state, app_state, _loop)
        self._seconds = seconds
        self._clock: asyncio.TimerHandle | None = None
        self._head = 0
        """Bytes of the head that is under way."""
        self._begun = False
        """Whether there is one: a line on which nothing was ever said needs no answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._done()

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        if self._clock is not None and self._head > _HEAD:
            self._close(431, f"the headers must have at most {_HEAD} bytes.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()
        self._begun = True

    def on_headers_complete(self) -> None:
        self._done()
        super().on_headers_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for long, as far as the loop knows: what has come meanwhile is not thrown away."""
        if not self._comes:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        self._close(400, "the request must be HTTP, but cannot be read.")

    def _begin(self) -> None:
        if self._clock is None:
            self._head = 0
            self._clock = self.loop.call_later(self._seconds, self._late)

    def _done(self) -> None:
        self._begun = False
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _late(self) -> None:
        self._clock = None
        if self._answering:
            self._clock = self.loop.call_later(self._seconds, self._late)
        elif self._begun:
            self._close(408, f"the headers must be there within {self._seconds:g} seconds.")
        else:
            self.transport.close()

    @property
    def _comes(self) -> bool:
        """Whether there is something to read that the loop has not come to."""
        with selectors.DefaultSelector() as look:
            look.register(self.transport.get_extra_info("socket"), selectors.EVENT_READ)
            return bool(look.select(0))

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _close(self, status: int, message: str) -> None:
        self._done()
        if self.transport.is_closing():
            return
        if self._answering:  # nothing can be said in the midst of something else
            self.transport.close()
            return
        content = json.dumps(problem(Refusal(status, message), uuid.uuid4().hex)).encode()
        head = f"content-type: application/json\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head.encode() + content)
        self.transport.close()

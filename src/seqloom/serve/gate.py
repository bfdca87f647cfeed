"""What every request passes, whichever API it is of: a name, a limit, a clock, and an end when its client goes."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seqloom.serve.house import House
from seqloom.serve.journal import Entry, write
from seqloom.serve.keys import Keys, offered
from seqloom.serve.problems import Problem, Refusal, headers_of
from seqloom.serve.settings import ServeSettings
from seqloom.serve.tracing import Tracing

__all__ = ["Gate", "id_of", "response_to"]

_ID = re.compile(r"[\w.-]{1,64}", flags=re.ASCII)
_WATCHED = ("/healthz", "/readyz", "/metrics")
"""Answered whatever happens."""
_WAITING = 4
"""Requests under way at most for each question that may be: more of them would wait for no more than a refusal."""
_LATE = 2.0
"""Seconds that the loop may be behind: then lines have more than it can read, and a refusal is quicker than answers."""
_UNKNOWN = 500
_GONE = 499
"""What a log says of a client that went away."""

PlaceOf = Callable[[str], tuple[str, Problem]]
"""The route that has this path, and how its API words a refusal."""


class Gate:
    """Reads the body, no more of it than may be, before anybody sees the request; and ends the work of whoever has
    gone away meanwhile, so that nothing is computed for nobody."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        house: House,
        settings: ServeSettings,
        place_of: PlaceOf,
        tracing: Tracing | None = None,
    ) -> None:
        self.app = app
        self.house = house
        self.settings = settings
        self.place_of = place_of
        self.tracing = tracing
        self._keys = Keys(settings.keys)
        self._under_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        # A path with a slash behind it is the same one: to send a client there would need our address, as it has it.
        scope["path"] = scope["path"].rstrip("/") or "/"
        request = Request(scope)
        scope["state"] = {**scope.get("state", {}), "id": _name(request), "entry": Entry()}
        begun, status, started = time.time_ns(), _UNKNOWN, False

        async def telling(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                message["headers"] = [*message["headers"], (b"x-request-id", id_of(request).encode())]
            await send(message)

        try:
            await self._serve(request, receive, telling)
        except _GoneError:
            status = _GONE
        except Refusal as refusal:
            if not started:
                await self._refuse(request, refusal)(scope, receive, telling)
        except Exception as error:  # a fault of ours: its trace is for the log
            write("fault", error=error, what={"request": id_of(request)})
            if not started:
                await self._refuse(request, _FAULT)(scope, receive, telling)
        finally:
            self._count(request, status, begun, time.time_ns())

    async def _serve(self, request: Request, receive: Receive, send: Send) -> None:
        path = request.url.path
        if path in _WATCHED:
            await self.app(_asked(request.scope), receive, send)
            return
        if self.house.draining:
            raise Refusal(503, "the server is about to stop.", retry_after=5)
        if self._under_way.total() >= _WAITING * self.settings.max_queue or self.house.late > _LATE:
            raise Refusal(503, "there are too many requests under way.", retry_after=5)
        client = self._client(request)
        if 0 < self.settings.max_client <= self._under_way[client]:
            raise Refusal(429, f"a client may have {self.settings.max_client} requests under way.", retry_after=1)
        self._under_way[client] += 1
        try:
            body = await self._body(request, receive)
            await self._watched(request, body, receive, send)
        finally:
            self._under_way[client] -= 1
            if not self._under_way[client]:
                del self._under_way[client]

    def _client(self, request: Request) -> str:
        """By its key, or else by its address: what is no key of ours anybody could make up, as many as he likes."""
        key = offered(request)
        if key is not None and self.settings.keys and self._keys.allow(key):
            return key
        return request.client.host if request.client else ""

    async def _body(self, request: Request, receive: Receive) -> bytes:
        """All of it, if it is not too large and does not come too slowly."""
        most = self.settings.max_body
        too_large = Refusal(413, f"the body must have at most {most} bytes.")
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > most:
            raise too_large
        parts, size = [], 0
        try:
            async with asyncio.timeout(self.settings.upload):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _GoneError
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most:
                        raise too_large
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise Refusal(408, f"the request must be there within {self.settings.upload:g} seconds.") from None

    async def _watched(self, request: Request, body: bytes, receive: Receive, send: Send) -> None:
        """Run it, and cancel it when the client goes."""
        task = asyncio.current_task()
        assert task is not None
        told, gone, over = False, False, False

        async def telling(message: Message) -> None:
            nonlocal over
            over = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        async def replay() -> Message:
            nonlocal told
            if not told:
                told = True
                return {"type": "http.request", "body": body, "more_body": False}
            return await asyncio.Future()  # whoever waits for the client to go is cancelled when it does

        async def watch() -> None:
            nonlocal gone
            while (await receive())["type"] != "http.disconnect":
                pass
            if not over:  # a client that has its answer may go
                gone = True
                task.cancel()

        watcher = asyncio.create_task(watch())
        try:
            await self.app(_asked(request.scope), replay, telling)
        except asyncio.CancelledError:
            if not gone and not self.house.draining:
                raise
            task.uncancel()
            if gone:
                raise _GoneError from None
            raise Refusal(503, "the server stopped before there was an answer.", retry_after=5) from None
        finally:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher

    def _refuse(self, request: Request, refusal: Refusal) -> Response:
        return response_to(refusal, request, self.place_of(request.url.path)[1])

    def _count(self, request: Request, status: int, begun: int, ended: int) -> None:
        route, _ = self.place_of(request.url.path)
        seconds = (ended - begun) / 1e9
        meters = self.house.meters
        meters.requests.labels(route, str(status)).inc()
        meters.seconds.labels(route).observe(seconds)
        if route in _WATCHED:
            return
        entry: Entry = request.state.entry
        what = {"request": id_of(request), "method": request.method, "route": route, "status": status}
        write("request", what={**what, "ms": round(1000 * seconds, 1), **entry.data()})
        if self.tracing is not None:
            told = {
                "http.request.method": request.method,
                "http.route": route,
                "http.response.status_code": status,
                "seqloom.request": id_of(request),
                **{f"seqloom.{key}": value for key, value in entry.data().items()},
            }
            name = f"{request.method} {route}"
            self.tracing.tell(name, begun=begun, ended=ended, headers=request.headers, what=told)


class _GoneError(Exception):
    """The client went away."""


_FAULT = Refusal(500, "something went wrong here; the server's log has more by the request's id.")


def _asked(scope: Scope) -> Scope:
    """Of who asks for the head alone, as if for all of it: the body is left out where it is written."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope


def id_of(request: Request) -> str:
    return str(request.state.id)


def response_to(refusal: Refusal, request: Request, problem: Problem) -> Response:
    return JSONResponse(problem(refusal, id_of(request)), refusal.status, headers_of(refusal))


def _name(request: Request) -> str:
    """The client's own id for it, if that may stand in a log."""
    given = request.headers.get("x-request-id", "")
    return given if _ID.fullmatch(given) else uuid.uuid4().hex

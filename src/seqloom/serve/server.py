"""The process: a port, signals, and an end that leaves nobody without an answer."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType

import uvicorn

from seqloom.core.errors import RecipeError
from seqloom.serve.app import make_app
from seqloom.serve.house import House
from seqloom.serve.journal import write
from seqloom.serve.line import Line
from seqloom.serve.settings import ServeSettings

__all__ = ["Server", "bind", "serve"]

_IDLE = 75
"""Seconds that a line is kept for a client with nothing to ask: longer than balancers keep theirs, so that none is
closed just when it is used."""

_WAITING = 65_535
"""Lines that may wait to be accepted, as far as the system allows: those that it has no room for it resets."""


class Server(uvicorn.Server):
    """Told to stop, it accepts nothing more, answers what it has accepted, and ends; told twice, it ends."""

    def __init__(self, house: House, settings: ServeSettings, *, ready: Callable[[], None] = lambda: None) -> None:
        app = make_app(house, settings)
        config = uvicorn.Config(
            app,
            http=partial(Line, seconds=settings.upload),  # type: ignore[arg-type]
            loop="asyncio",  # uvloop takes one new line a turn, and in an overload the others wait until they are reset
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_IDLE,
            backlog=_WAITING,
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)
        self.house = house
        self.settings = settings
        self.ready = ready
        self._draining: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.house.look_now.set)
        self.ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.house.draining:
            self.force_exit = self.should_exit = True
            return
        self.house.draining = True
        asyncio.get_running_loop().call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        self._draining = asyncio.create_task(self._drained())

    async def _drained(self) -> None:
        write("stopping")
        try:
            async with asyncio.timeout(self.settings.drain):
                await self.house.drained()
        except TimeoutError:
            write("stopping", what={"result": "not all was answered in time"})
        await asyncio.sleep(0.1)  # for what is answered, but not yet told
        self.should_exit = True


def bind(host: str, port: int) -> socket.socket:
    """The port, taken before any model is read."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except (OSError, OverflowError) as error:
        raise _taken(host, port, error) from None
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # said, for asyncio to send without delay
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        raise _taken(host, port, error) from None
    return bound


def _taken(host: str, port: int, error: Exception) -> RecipeError:
    reason = getattr(error, "strerror", None) or str(error)
    return RecipeError(f"`--port {port}` of `--host {host}` cannot be taken: {reason}. Choose another.")


def serve(house: House, settings: ServeSettings, bound: socket.socket, *, ready: Callable[[], None]) -> None:
    """Until a signal ends it."""
    _open_many()
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # what it has to say is in our own lines
    Server(house, settings, ready=ready).run(sockets=[bound])


def _open_many() -> None:
    """As many lines as this process may have: by default there are fewer than an overload brings."""
    try:
        import resource
    except ImportError:  # there is none on Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

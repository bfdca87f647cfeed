"""A real server in a thread, and an engine that waits when it is told to."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2

from seqloom.decoding.request import Engine, Event, Pair, Request, Scored
from seqloom.serve.house import House, open_house
from seqloom.serve.server import Server, bind
from seqloom.serve.settings import ServeSettings

QUIET = ServeSettings(reload_every=0, deadline=30)


class Running:
    """One that has been started, and a client for it."""

    def __init__(self, house: House, settings: ServeSettings) -> None:
        self.house = house
        bound = bind("127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        ready = threading.Event()
        self.server = Server(house, settings, ready=ready.set)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [bound]}, daemon=True)
        self.thread.start()
        assert ready.wait(30)
        self.client = httpx2.Client(base_url=self.address, timeout=30)

    def post(self, path: str, data: Any, **headers: str) -> httpx2.Response:
        return self.client.post(path, json=data, headers=headers)

    def texts(self, *sources: Any, **how: Any) -> list[str]:
        response = self.post("/v1/predict", {"sources": [*sources], **how})
        assert response.status_code == 200, response.text
        return [answer["text"] for answer in response.json()["answers"]]

    def metric(self, name: str, **labels: str) -> float:
        return self.house.meters.registry.get_sample_value(name, labels) or 0.0

    def stop(self) -> None:
        self.client.close()
        self.server.should_exit = True
        self.thread.join(30)
        assert not self.thread.is_alive()

    def hang(self, body: Any) -> socket.socket:
        """A question whose asker does not wait for the answer, and goes by closing the line."""
        host, port = self.address.removeprefix("http://").split(":")
        line = socket.create_connection((host, int(port)), timeout=20)
        content = json.dumps(body).encode()
        head = (
            f"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
        )
        line.sendall(head.encode() + b"\r\n\r\n" + content)
        return line


@contextmanager
def running(models: Mapping[str, Path], settings: ServeSettings = QUIET, **more: Any) -> Iterator[Running]:
    server = Running(open_house(models, settings, **more), settings)
    try:
        yield server
    finally:
        server.stop()


class Held:
    """An engine that takes its steps only while it may."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.go = threading.Event()
        self.stepped = threading.Event()
        self.admitted: list[Hashable] = []
        self.cancelled: list[Hashable] = []

    def refuses(self, request: Request) -> str | None:
        return self.engine.refuses(request)

    def admit(self, requests: Sequence[Request]) -> None:
        self.admitted += [request.id for request in requests]
        self.engine.admit(requests)

    def step(self) -> list[Event]:
        self.stepped.set()
        self.go.wait(0.01)
        return self.engine.step() if self.go.is_set() else []

    def cancel(self, ids: Sequence[Hashable]) -> None:
        self.cancelled += ids
        self.engine.cancel(ids)

    def score(self, pairs: Sequence[Pair]) -> list[Scored]:
        return self.engine.score(pairs)


@contextmanager
def held(folder: Path, settings: ServeSettings = QUIET) -> Iterator[tuple[Running, Held]]:
    """A server of one model whose engine waits until it may go."""
    house = open_house({"small": folder}, settings)
    desk = house.models["small"].desk
    [(company, engine)] = desk._engines.items()
    waiting = Held(engine)
    desk._engines[company] = waiting
    server = Running(house, settings)
    try:
        yield server, waiting
    finally:
        waiting.go.set()
        server.stop()


def events_of(text: str) -> list[Any]:
    """What server-sent events say, but for the last."""
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def until(what: Any, seconds: float = 20.0) -> None:
    """Wait for something to become true; what it waits on is another thread."""
    moment = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if what():
            return
        moment.wait(0.01)
    raise AssertionError("it never came true")


def many(address: str, bodies: Sequence[Any], path: str = "/v1/predict", **headers: str) -> list[httpx2.Response]:
    """All of them at the same time."""

    async def ask() -> list[httpx2.Response]:
        limits = httpx2.Limits(max_connections=len(bodies))
        async with httpx2.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
            return await asyncio.gather(*(client.post(path, json=body, headers=headers) for body in bodies))

    return asyncio.run(ask())


def short(settings: ServeSettings = QUIET, **changes: Any) -> ServeSettings:
    return replace(settings, **changes)

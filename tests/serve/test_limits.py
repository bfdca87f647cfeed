"""Nothing is without a bound, and nobody who is refused is left without a word."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.server import ServerState

from seqloom.serve.house import open_house
from seqloom.serve.line import Line
from seqloom.serve.problems import Refusal

from .running import QUIET, held, many, running, short, until
from .small import sources

SOURCES = sources(40, seed=6)


def test_a_client_that_goes_leaves_the_engine_empty(gru: Path) -> None:
    with held(gru) as (server, engine):
        desk = server.house.models["small"].desk
        lines = [server.hang({"sources": SOURCES[:5]}), server.hang({"source": SOURCES[0], "stream": True})]
        until(lambda: len(engine.admitted) == 6)
        assert desk.size == 6
        for line in lines:
            line.close()
        until(lambda: desk.size == 0)
        until(lambda: len(engine.cancelled) == 6)
        assert server.metric("seqloom_cancelled_total", model="small") == 6
        engine.go.set()
        assert server.texts(SOURCES[0])


def test_an_equal_question_goes_on_when_one_who_asked_it_goes(gru: Path) -> None:
    with held(gru) as (server, engine):
        found: list[list[str]] = []
        staying = threading.Thread(target=lambda: found.append(server.texts(SOURCES[0])))
        staying.start()
        until(lambda: len(engine.admitted) == 1)
        going = server.hang({"source": SOURCES[0]})
        until(lambda: server.metric("seqloom_cache_hits_total", model="small") == 1)
        going.close()
        until(lambda: server.metric("seqloom_requests_total", route="/v1/predict", status="499") == 1)
        assert len(engine.admitted) == 1, "it was asked once"
        engine.go.set()
        staying.join()
        assert found[0][0]


def test_a_deadline_ends_it(gru: Path) -> None:
    with held(gru, short(deadline=0.3)) as (server, engine):
        desk = server.house.models["small"].desk
        for body in ({"source": SOURCES[0]}, {"source": SOURCES[0], "stream": True}):
            response = server.post("/v1/predict", body)
            assert response.status_code == 504
            assert response.json()["error"]["type"] == "deadline"
        until(lambda: desk.size == 0)
        assert len(engine.cancelled) == 2


def test_an_explanation_that_nobody_waits_for_ends(gru: Path) -> None:
    """In its thread, too: otherwise it would keep the next one, and the server's end, waiting."""
    settings = short(deadline=0.2)
    house = open_house({"small": gru}, settings)
    ended = threading.Event()

    def endless(go_on: Callable[[], None]) -> None:
        try:
            while True:
                go_on()
        finally:
            ended.set()

    with pytest.raises(Refusal, match="within"):
        asyncio.run(house.models["small"].aside(endless))
    assert ended.wait(20)
    house.close()


def test_a_full_queue_tells_when_to_come_again(gru: Path) -> None:
    with held(gru, short(max_queue=8)) as (server, engine):
        found: list[httpx2.Response] = []
        bodies = [{"source": source} for source in SOURCES]
        asking = threading.Thread(target=lambda: found.extend(many(server.address, bodies)))
        asking.start()
        until(lambda: server.metric("seqloom_requests_total", route="/v1/predict", status="503") == 32)
        engine.go.set()
        asking.join()
        assert sorted(response.status_code for response in found) == [200] * 8 + [503] * 32
        refused = next(response for response in found if response.status_code == 503)
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["error"]["type"] == "overloaded"
        assert server.texts(*SOURCES[:8])


@pytest.mark.parametrize("keys", [["", ""], ["one-that-is-made-up", "another-made-up"]])
def test_a_client_may_have_so_many_under_way(gru: Path, keys: list[str]) -> None:
    with held(gru, short(max_client=2)) as (server, engine):
        found: list[httpx2.Response] = []

        def ask(start: int, key: str) -> None:
            bodies = [{"source": source} for source in SOURCES[start : start + 3]]
            found.extend(many(server.address, bodies, **{"X-Api-Key": key}))

        asking = [threading.Thread(target=ask, args=(3 * number, key)) for number, key in enumerate(keys)]
        for each in asking:
            each.start()
        until(lambda: server.metric("seqloom_requests_total", route="/v1/predict", status="429") == 4)
        engine.go.set()
        for each in asking:
            each.join()
        assert sorted(response.status_code for response in found) == [200, 200, 429, 429, 429, 429]


def test_sizes(gru: Path) -> None:
    with running({"small": gru}, short(max_body=2000, max_text=100, max_sources=3)) as server:
        for body, status, said in (
            ({"source": "red " * 40}, 413, "100 characters"),
            ({"sources": ["red"] * 4}, 413, "at most 3"),
            ({"source": "red " * 1000}, 413, "2000 bytes"),
            ({"source": "red", "max_length": 5000}, 422, "1024"),
            ({"source": {"source": "red", "max_length": 5000}}, 422, "1024"),
            ({"source": "red", "constraints": [{"kind": "regex", "pattern": "(a|b)*a(a|b){99}"}]}, 422, "--patterns"),
            ({"source": {"source": "red", "constraints": [{"kind": "regex", "pattern": "a"}]}}, 422, "--patterns"),
            ({"source": "red", "constraints": [{"kind": "os:Mine"}]}, 422, "trust"),
            ({"source": {"source": "red", "constraints": [{"kind": "os:Mine"}]}}, 422, "trust"),
        ):
            response = server.post("/v1/predict", body)
            assert response.status_code == status, response.text
            assert said in response.json()["error"]["message"]


def test_an_answer_to_be_explained_is_bounded_like_its_text(gru: Path) -> None:
    with running({"small": gru}) as server:
        for body in ({"source": "red " * 300}, {"source": "red", "target": "rouge " * 200}):
            response = server.post("/v1/explain", body)
            assert response.status_code == 413
            assert "at most 1000 characters" in response.json()["error"]["message"]


def test_a_large_body_is_refused_before_it_is_read(gru: Path) -> None:
    with running({"small": gru}, short(max_body=1000)) as server:
        host, port = server.address.removeprefix("http://").split(":")
        for head in ("Content-Length: 100000000", "Transfer-Encoding: chunked"):
            with socket.create_connection((host, int(port)), timeout=20) as line:
                line.sendall(
                    f"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}\r\n\r\n".encode()
                )
                if "chunked" in head:
                    line.sendall(b"7d0\r\n" + b" " * 2000 + b"\r\n")
                assert line.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_slow_body_is_not_waited_for(gru: Path) -> None:
    with running({"small": gru}, short(upload=0.2)) as server:
        host, port = server.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as line:
            line.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
            assert line.recv(1000).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("sent", "answered", "kind"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"HTTP/1.1 408 ", "deadline"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 99_999, b"HTTP/1.1 431 ", "too_large"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", b"HTTP/1.1 400 ", "invalid_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /", b"HTTP/1.1 200 ", ""),
        (b"", b"", ""),
    ],
    ids=["slow", "long", "odd", "second", "silent"],
)
def test_a_line_that_is_no_request_is_closed(gru: Path, sent: bytes, answered: bytes, kind: str) -> None:
    with running({"small": gru}, short(upload=0.3)) as server:
        host, port = server.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as line:
            with suppress(ConnectionError):  # it may be closed while there is more to send
                line.sendall(sent)
            said = b""
            with suppress(ConnectionError):
                while part := line.recv(65_536):
                    said += part
        assert said.startswith(answered)
        if kind:
            assert json.loads(said.partition(b"\r\n\r\n")[2])["error"]["type"] == kind
        else:
            assert said.count(b"HTTP/1.1 408 ") == bool(sent), "what came before it was answered first"


def test_a_line_is_not_closed_over_a_request_that_has_come() -> None:
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    lines: list[Line] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    def opened() -> Line:
        lines.append(Line(config, ServerState(), {}, seconds=20))
        return lines[-1]

    async def idle_and_asked() -> tuple[bytes, bytes, bytes]:
        server = await asyncio.get_running_loop().create_server(opened, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        said = []
        for _ in range(2):
            os.write(writer.get_extra_info("socket").fileno(), request)  # there, and the loop does not know
            for line in lines:
                line.timeout_keep_alive_handler()
            said.append(await reader.readuntil(b"\r\n\r\n"))
        lines[0].timeout_keep_alive_handler()
        said.append(await reader.read())
        server.close()
        return said[0], said[1], said[2]

    config = Config(app, ws="none", log_config=None)
    config.load()
    first, second, rest = asyncio.run(asyncio.wait_for(idle_and_asked(), 20))
    assert first.startswith(b"HTTP/1.1 204 ")
    assert second.startswith(b"HTTP/1.1 204 ")
    assert rest == b"", "with nothing to answer, it is closed"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"source": "red"', 400),
        (b'{"source": "red", "temperature": NaN}', 400),
        (b'{"source": "red", "temperature": 1e999}', 400),
        (b'{"source": "red", "seed": ' + b"9" * 5000 + b"}", 400),
        (b'{"source": "red", "source": "blue"}', 400),
        (b'{"source": "\xff"}', 400),
        (b'{"source": "\\ud800"}', 400),
        (b'{"source": {"source": "red", "x": ' + b"[" * 50000 + b"]" * 50000 + b"}}", 400),
        (b'{"source": 3}', 422),
        (b'{"source": null}', 422),
        (b"[]", 422),
        (b"", 400),
        (b'{"sources": []}', 200),
        (b'{"source": ""}', 200),
        (b'{"source": "\\u0000"}', 200),
        (b'{"source": "' + b"x" * 9000 + b'"}', 200),
        (b'{"source": "red", "beam": 2.0}', 200),
        (b'{"source": "red", "beam": 2.5}', 422),
        (b'{"source": "red", "beam": "2"}', 422),
        (b'{"source": "red", "beem": 2}', 422),
        (b'{"source": "red", "beam": 2, "nbest": 3}', 422),
        (b'{"source": "red", "model": "none"}', 404),
    ],
    ids=lambda value: str(value)[:40],
)
def test_odd_bodies(server, body: bytes, status: int) -> None:
    response = server.client.post("/v1/predict", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status, response.text
    assert response.headers["x-request-id"]
    if status != 200:
        error = response.json()["error"]
        assert error["request_id"] == response.headers["x-request-id"]
        assert error["message"].count("\n") == 0
        assert "/" not in error["message"].replace("application/json", "")


def test_a_key_that_is_missing_inside_is_named(server) -> None:
    response = server.post("/v1/predict", {"source": {"text": "red"}})
    assert response.json()["error"]["message"] == "`source.source` is missing."


def test_a_body_must_be_called_json(server) -> None:
    for kind in ("text/plain", "multipart/form-data", ""):
        response = server.client.post("/v1/predict", content=b"{}", headers={"Content-Type": kind})
        assert response.status_code == 415


@pytest.fixture(scope="module")
def server(gru: Path):
    with running({"small": gru}, QUIET) as started:
        yield started

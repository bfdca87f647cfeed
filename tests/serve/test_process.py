"""`seqloom serve` as a process: its first line, signals, its log, and what it refuses before it begins."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from seqloom.cli.main import main
from seqloom.serve.server import bind

from .running import until
from .small import sources

SOURCES = sources(100, seed=9)


@contextmanager
def served(*arguments: str, host: str = "127.0.0.1") -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "seqloom", "serve", *arguments, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address, _, said = process.stdout.readline().partition(" ")
            assert said.startswith("serves "), process.communicate()
            yield process, address.replace("0.0.0.0", host)
        finally:
            process.kill()


def test_told_to_stop_it_answers_what_it_has_and_ends(gru: Path) -> None:
    with served(f"mine={gru}", "--drain", "120") as (process, address):
        body = {"sources": SOURCES, "beam": 16, "min_length": 200, "max_length": 200}
        found: list[httpx2.Response] = []
        asking = threading.Thread(
            target=lambda: found.append(httpx2.post(f"{address}/v1/predict", json=body, timeout=60))
        )
        with httpx2.Client(base_url=address) as kept:
            assert kept.get("/readyz").json() == {"status": "ready", "models": ["mine"]}
            asking.start()
            until(lambda: 'seqloom_queue_length{model="mine"} 100.0' in kept.get("/metrics").text)
            process.send_signal(signal.SIGTERM)
            until(lambda: kept.get("/readyz").status_code == 503)
            assert kept.get("/readyz").json() == {"status": "draining"}
            late = kept.post("/v1/predict", json={"source": "red"})
            assert late.status_code == 503
            assert late.headers["retry-after"]
        asking.join()
        assert found[0].status_code == 200
        assert len(found[0].json()["answers"]) == len(SOURCES)
        assert process.wait(30) == 0
        assert process.stderr is not None
        lines = [json.loads(line) for line in process.stderr]
        assert {line["event"] for line in lines} == {"request", "stopping"}
        [asked] = [line for line in lines if line.get("sources") == 100]
        assert (asked["route"], asked["status"], asked["model"]) == ("/v1/predict", 200, "mine")
        assert asked["tokens"] == 100 * 200
        assert not any(source in json.dumps(lines) for source in SOURCES), "no text is ever logged"


def test_told_twice_it_ends(gru: Path) -> None:
    with served(str(gru), "--drain", "600") as (process, address):
        body = {"sources": SOURCES, "beam": 64, "min_length": 1000, "max_length": 1000}
        line = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        content = json.dumps(body).encode()
        head = (
            f"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
        )
        line.sendall(head.encode() + b"\r\n\r\n" + content)
        until(lambda: 'seqloom_queue_length{model="run"} 100.0' in httpx2.get(f"{address}/metrics").text)
        process.send_signal(signal.SIGINT)
        until(lambda: httpx2.get(f"{address}/readyz").status_code == 503)
        process.send_signal(signal.SIGINT)
        process.wait(20)
        line.close()


def test_a_signal_makes_it_look_at_its_folders(gru: Path, other_gru: Path, tmp_path: Path) -> None:
    link = tmp_path / "model"
    link.symlink_to(gru)
    with served(str(link), "--reload-every", "0") as (process, address):
        before = httpx2.post(f"{address}/v1/predict", json={"sources": SOURCES}).json()
        link.unlink()
        link.symlink_to(other_gru)
        process.send_signal(signal.SIGHUP)
        read = 'seqloom_reloads_total{model="model",result="loaded"} 1.0'
        until(lambda: read in httpx2.get(f"{address}/metrics").text)
        after = httpx2.post(f"{address}/v1/predict", json={"sources": SOURCES}).json()
        assert before["model"] == after["model"] == "model"
        assert before != after


def test_what_is_open_to_all_is_warned_of(gru: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("a-key-that-is-long\n", encoding="utf-8")
    for arguments, warned in (
        (("--host", "0.0.0.0"), True),
        (("--host", "0.0.0.0", "--api-key-file", str(keys)), False),
    ):
        with served(str(gru), *arguments) as (process, _):
            process.terminate()
            assert process.stderr is not None
            assert process.stderr.read().startswith("0.0.0.0: anybody") == warned


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "`MODEL` must be a model folder, but there is none."),
        (("a=x", "a=y"), "must have a name of its own"),
        (("nowhere",), "there is no such folder"),
        (("nowhere", "--languages", "de-en"), "must be of the form"),
        (("nowhere", "--api-key-file", "nowhere"), "cannot be read"),
        (("nowhere", "--port", "99999"), "cannot be taken"),
        (("nowhere", "--max-queue", "0"), "`max_queue` must be"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_what_is_written_is_sent_at_once() -> None:
    """asyncio looks at what a socket says it is: unless that is TCP, a body waits 40 ms for the receipt of its head."""
    with bind("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP

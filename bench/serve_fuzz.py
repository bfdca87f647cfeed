"""Thousands of bad requests against a real server: none may break it, none may hang.

    python bench/serve_fuzz.py MODEL [--requests 20000] [--seed 1]

Two kinds: what schemathesis makes of the server's own schema, right and wrong (its checks hold the schema to be true,
too), and bytes that are no request at all or nearly one, by hypothesis. 500 and a request without an answer are
failures; 503 and 504 are meant. The seed is printed: the same one makes the same requests.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx2

PATHS = ("/v1/predict", "/v1/score", "/v1/explain")
KINDS = ("application/json", "application/json; charset=utf-8", "application/problem+json", "text/plain", "", "a/b;;=")
WORDS = (
    "source", "sources", "beam", "nbest", "sample", "temperature", "top_k", "top_p", "seed", "min_length", "max_length",
    "constraints", "stream", "model", "pairs", "target", "what", "position", "kind", "prefix", "phrases", "text",
)  # fmt: skip
ODD = (
    "NaN", "1e999", "-1e999", "9" * 5000, "-0", "0.1e-400", '"\\ud800"', '"\\u0000"', '"\xff"', "null", "true", '""',
    '" "', "2", "2.0", "-1", "64", "65", "1e3", "[]", "{}", "[[]]", '[""]', '{"source": 1}', '"red cat"',
    '["red", "cat"]',
    '{"source": "red", "beam": 3}', '[{"kind": "prefix", "text": "x"}]', '[{"kind": "os:path"}]', '["attention"]',
    '[{"kind": "regex", "pattern": "("}]', '[{"source": "red", "target": "rouge"}]', '"' + "x" * 20000 + '"',
    "[" * 3000 + "]" * 3000, '"\U0001f600\u200d\u202e"', '"a\\tb\\nc"',
)  # fmt: skip


RIGHT = {
    "source": '"red cat"', "sources": '["red cat", {"source": "dog"}]', "beam": "3", "nbest": "2", "sample": "true",
    "temperature": "0.5", "seed": "5", "min_length": "2", "max_length": "9",
    "pairs": '[{"source": "red", "target": "rouge"}]',
    "constraints": '[{"kind": "prefix", "text": "mer"}]', "stream": "true", "what": '["attention"]', "target": '"mer"',
}  # fmt: skip


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("model")
    options.add_argument("--requests", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--examples", type=int, default=300, help="of schemathesis, for each operation")
    asked = options.parse_args()
    print(f"seed {asked.seed}")
    command = [sys.executable, "-m", "seqloom", "serve", asked.model, "--port", "0", "--deadline", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[0]
            broken = by_schema(address, asked.examples, asked.seed) if asked.examples else 0
            broken += by_hand(address, asked.requests, asked.seed)
            assert httpx2.get(f"{address}/readyz").status_code == 200, "it must go on after all this"
            answer = httpx2.post(f"{address}/v1/predict", json={"source": "red cat"}, timeout=60)
            assert answer.status_code == 200, "and answer"
            under_way = [line for line in httpx2.get(f"{address}/metrics").text.splitlines() if "queue_length{" in line]
            print(*under_way)
        finally:
            server.send_signal(signal.SIGTERM)
            print(f"it ended with {server.wait(60)}")
    print("nothing broke" if not broken else f"{broken} failures")
    return bool(broken)


def by_schema(address: str, examples: int, seed: int) -> int:
    config = Path(__file__).parent / "serve_fuzz.toml"
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(config),
        "run", f"{address}/openapi.json",
        "--seed", str(seed), "--max-examples", str(examples), "--no-color",
    ]  # fmt: skip
    return int(subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}, check=False).returncode != 0)


def by_hand(address: str, number: int, seed: int) -> int:
    """Bodies that are nearly right, and heads that are not."""
    draw = random.Random(seed)
    statuses: Counter[str] = Counter()
    broken = 0
    begun = time.perf_counter()
    slowest = 0.0
    with httpx2.Client(base_url=address, timeout=60) as client:
        for place in range(number):
            before = time.perf_counter()
            if place % 20 == 0:
                status = raw(address, draw)
            else:
                path, body, kind = (
                    draw.choice(PATHS),
                    body_of(draw),
                    draw.choice(KINDS) if draw.random() < 0.1 else KINDS[0],
                )
                try:
                    response = client.post(path, content=body, headers={"Content-Type": kind})
                    status = str(response.status_code)
                    if status != "200":
                        error = response.json()["error"]
                        assert set(error) == {"message", "type", "request_id"}, error
                        assert "Traceback" not in error["message"]
                except (httpx2.TimeoutException, AssertionError) as error:
                    print(f"{type(error).__name__}: {path} {body[:200]!r}")
                    status = "none"
                if status in ("500", "none"):
                    print(f"{status}: {path} {kind} {body[:300]!r}")
                    broken += 1
            statuses[status] += 1
            slowest = max(slowest, time.perf_counter() - before)
    seconds = time.perf_counter() - begun
    print(
        f"{number} requests by hand in {seconds:.0f} s, the slowest {slowest:.2f} s: {dict(sorted(statuses.items()))}"
    )
    return broken


def body_of(draw: random.Random) -> bytes:
    """An object of known and unknown keys with odd values, and now and then damaged."""
    keys = draw.sample(WORDS, draw.randint(0, 5))
    if draw.random() < 0.7:
        keys = [draw.choice(("source", "sources", "pairs")), *keys]
    if draw.random() < 0.02 and keys:
        keys.append(keys[0])
    values = [RIGHT[key] if key in RIGHT and draw.random() < 0.7 else draw.choice(ODD) for key in keys]
    text = "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in zip(keys, values, strict=True)) + "}"
    body = text.encode("utf-8", "surrogatepass")
    if draw.random() < 0.2:
        place = draw.randrange(len(body) + 1)
        body = (
            body[:place]
            + draw.choice((b"", b"\x00", b"\xff\xfe", b"}", b'"', b",,"))
            + body[place + draw.randint(0, 3) :]
        )
    return body


def raw(address: str, draw: random.Random) -> str:
    """No HTTP, or half of it; the server may say 400, or nothing and close. It is enough that it goes on."""
    host, port = address.removeprefix("http://").split(":")
    lines = (
        b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00", b"POST /v1/predict HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * draw.randint(1, 70000) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%00%ff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
        draw.randbytes(draw.randint(1, 300)),
    )  # fmt: skip
    with socket.create_connection((host, int(port)), timeout=10) as line:
        try:
            line.sendall(draw.choice(lines))
            line.shutdown(socket.SHUT_WR)
            return "raw " + (line.recv(100)[9:12].decode("ascii", "replace") or "closed")
        except OSError:
            return "raw closed"


if __name__ == "__main__":
    sys.exit(main())

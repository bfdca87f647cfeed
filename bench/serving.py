"""What a server takes: many clients against one at a time, waiting times, overload, and clients that hang up.

    python bench/serving.py MODEL SENTENCES [--seconds 8] [--overload 600] [--peer] [--settings --engine=own …]

A server of its own process is asked over loopback by this one. The load is made by asyncio and not by wrk, which sends
the next request when the last is answered: where a server is slow, wrk asks less of it, and its waiting times hide what
clients would see. Here requests come when they come (Poisson), and a time counts from when one should have been sent.

Every answer has exactly `--tokens` tokens: so a model need not be good, and the peer works as much. That is a plain
FastAPI server around Hugging Face's `generate`, with a Marian model as large (bench/peers/serve_hugging_face.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
MANY = 64
"""Clients at a time, where capacity is looked for."""
HANGING = 200
KEEP = 60.0
"""Seconds of idleness after which a line is used no more, as in nginx: before the server closes it."""


@dataclass(kw_only=True)
class Load:
    """What came of some requests."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    """Of those that were answered with 200."""
    statuses: Counter[int] = field(default_factory=Counter)
    work: float = 0.0
    """Seconds of processors that the server took."""

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.times)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class Client:
    """Keeps its lines open, and opens another when all are busy."""

    def __init__(self, port: int, bodies: Sequence[bytes]) -> None:
        self.port = port
        self.requests = [
            b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
            for body in bodies
        ]
        self.lost: Counter[str] = Counter()
        """Why there was no answer."""
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter, float]] = []
        """And since when."""

    async def line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
        while self.idle:
            reader, writer, since = self.idle.pop()
            idle = time.perf_counter() - since
            if idle < KEEP and not reader.at_eof():
                return reader, writer, f"a line idle for {idle:.0f} s"
            writer.close()
        return *await asyncio.open_connection("127.0.0.1", self.port), "a new line"

    async def ask(self, number: int) -> int:
        """The status; 0 where there was no answer."""
        try:
            reader, writer, line = await self.line()
        except OSError as error:
            self.lost[f"no line: {type(error).__name__}"] += 1
            return 0
        try:
            writer.write(self.requests[number % len(self.requests)])
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)
            [length] = re.findall(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length))
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.lost[f"{type(error).__name__} on {line}"] += 1
            writer.close()
            return 0
        self.idle.append((reader, writer, time.perf_counter()))
        return int(head[9:12])

    async def closed(self, clients: int, seconds: float) -> Load:
        """So many clients, each of which asks again when it is answered."""
        load, begun = Load(), time.perf_counter()

        async def one(number: int) -> None:
            while time.perf_counter() < begun + seconds:
                before = time.perf_counter()
                status = await self.ask(number)
                load.statuses[status] += 1
                if status == 200:
                    load.times.append(time.perf_counter() - before)
                number += clients

        await asyncio.gather(*(one(number) for number in range(clients)))
        load.seconds = time.perf_counter() - begun
        return load

    async def open(self, rate: float, seconds: float, *, seed: int = 1) -> Load:
        """Requests that come by chance, whatever has become of those before."""
        load, draw, begun = Load(), random.Random(seed), time.perf_counter()
        due, tasks = begun, []

        async def one(number: int, due: float) -> None:
            status = await self.ask(number)
            load.statuses[status] += 1
            if status == 200:
                load.times.append(time.perf_counter() - due)

        while (due := due + draw.expovariate(rate)) < begun + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(one(len(tasks), due)))
        await asyncio.gather(*tasks)
        load.seconds = time.perf_counter() - begun
        return load

    async def hang_up(self, clients: int) -> None:
        """Ask, and go before there is an answer."""
        lines = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", self.port) for _ in range(clients)))
        for number, (_, writer) in enumerate(lines):
            writer.write(self.requests[number % len(self.requests)])
        await asyncio.sleep(0.02)
        for _, writer in lines:
            writer.transport.abort()


async def get(port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    text = (await reader.read()).decode()
    writer.close()
    return text


def memory(process: int) -> float:
    """MB that it holds."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def work(process: int) -> float:
    """Seconds of processors that it has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def row(name: str, load: Load, *more: str) -> None:
    statuses = ", ".join(f"{number} × {status or 'none'}" for status, number in sorted(load.statuses.items()))
    times = f"{load.percentile(0.5):7.0f} {load.percentile(0.99):7.0f}"
    cost = 1000 * load.work / max(1, len(load.times))
    print(f"{name:30} {load.rate:8.1f} {cost:9.1f} {times}   {'; '.join((statuses, *more))}", flush=True)


async def measure(
    port: int, process: int, bodies: Sequence[bytes], seconds: float, *, overload: float, all_of_it: bool
) -> float:
    client = Client(port, bodies)

    async def worked(load: Coroutine[None, None, Load]) -> Load:
        before = work(process)
        found = await load
        found.work = work(process) - before
        return found

    await client.closed(4, min(2.0, seconds))  # warm
    print(f"{'':30} {'answers':>8} {'processor':>9} {'p50':>7} {'p99':>7}")
    print(f"{'':30} {'a second':>8} {'ms each':>9} {'ms':>7} {'ms':>7}")
    alone = await worked(client.closed(1, seconds))
    row("one client", alone)
    together = await worked(client.closed(MANY, seconds))
    row(f"{MANY} clients", together, f"{together.rate / alone.rate:.1f} × one client's")
    if not all_of_it:
        return together.rate
    capacity = together.rate
    row("at 80 % of that, by chance", await worked(client.open(0.8 * capacity, seconds)))
    before = memory(process)
    held = []
    minutes = max(1, round(overload / 60))
    for minute in range(minutes):
        load = await worked(client.open(5 * capacity, overload / minutes, seed=minute))
        row("at 5 times that", load)
        held.append(memory(process))
    row("one client, afterwards", await worked(client.closed(1, seconds / 2)))
    if client.lost:
        print(f"without an answer: {dict(client.lost)}")
    print(f"memory: {before:.0f} MB before the overload, {', '.join(f'{each:.0f}' for each in held)} MB in its course")
    await client.hang_up(HANGING)
    gone = time.perf_counter()
    left = -1.0
    while left and time.perf_counter() < gone + 30:
        text = await get(port, "/metrics")
        left = sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("seqloom_queue_length{"))
        await asyncio.sleep(0.02)
    waited = time.perf_counter() - gone
    print(f"{HANGING} clients hung up: {left:.0f} questions left, {1000 * waited:.0f} ms later")
    return capacity


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("model")
    options.add_argument("sentences", type=Path)
    options.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    options.add_argument("--overload", type=float, help="seconds of the overload, by default as of the others")
    options.add_argument("--tokens", type=int, default=12)
    options.add_argument("--beam", type=int, default=5)
    options.add_argument("--peer", action="store_true", help="measure Hugging Face's model too")
    options.add_argument("--settings", nargs=argparse.REMAINDER, default=[], help="further options of `seqloom serve`")
    asked = options.parse_args()
    sentences = asked.sentences.read_text(encoding="utf-8").splitlines()[:1000]
    how = {"beam": asked.beam, "min_length": asked.tokens, "max_length": asked.tokens}
    bodies = [json.dumps({"source": sentence, **how}).encode() for sentence in sentences if sentence.strip()]
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}, {len(bodies)} sentences, {how}")
    ours = [sys.executable, "-m", "seqloom", "serve", asked.model, "--cache", "0", "--port", "0", *asked.settings]
    theirs = [sys.executable, str(HERE / "peers" / "serve_hugging_face.py"), asked.model]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    rates = []
    for name, command in (("seqloom serve", ours), ("FastAPI and Hugging Face", theirs))[: 1 + asked.peer]:
        print(f"\n{name}")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            try:
                assert process.stdout is not None
                port = int(process.stdout.readline().split()[0].rpartition(":")[2])
                everything = command is ours
                seconds, overload = asked.seconds, asked.overload or asked.seconds
                found = measure(port, process.pid, bodies, seconds, overload=overload, all_of_it=everything)
                rates.append(asyncio.run(found))
            finally:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(40)
                process.kill()
    if asked.peer:
        print(f"\n{rates[0] / rates[1]:.1f} × as many answers a second as the peer gives {MANY} clients")
    print(f"load after {statistics.fmean(os.getloadavg()[:1]):.1f}")


if __name__ == "__main__":
    main()

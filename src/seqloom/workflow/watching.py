"""Answering as a person watches it: a bar, or plain lines where there is no terminal."""

from __future__ import annotations

import sys
import time
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from seqloom.core.clock import clock
from seqloom.core.errors import SeqloomError
from seqloom.data.encodings import encoding_of
from seqloom.data.opening import blocks_of
from seqloom.data.parallel import parts_of

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Lines", "Watch", "watch"]

_EVERY = 10.0
"""Seconds between plain lines; what took less has no line at all."""

_KNOWN = 2.0
"""Seconds before the speed tells how long it will take."""


class Watch(Protocol):
    """What can be told."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def at(self, answered: int) -> None:
        """So many sources are answered, and their answers safe."""
        ...


class Lines:
    """How many lines a file has, counted beside the work so that nobody waits; about, for headers are lines."""

    def __init__(self, file: str, *, encoding: str = "utf-8") -> None:
        self.found: int | None = None
        """None until that is known."""
        Thread(target=self._count, args=(parts_of(file)[0], encoding_of(encoding).newline), daemon=True).start()

    def _count(self, file: str, newline: bytes) -> None:
        found, last = 0, newline
        try:
            for block in blocks_of(file):
                found, last = found + block.count(newline), block
        except SeqloomError:  # whoever reads it for its answers will say so
            return
        self.found = found + (not last.endswith(newline))


def watch(*, total: Lines | int | None, before: int = 0, into_file: bool, console: Console | None = None) -> Watch:
    """On standard error: a bar where that is a terminal, lines else; nothing where the answers themselves are seen, and
    nothing in a pipe. ``total``: how many sources there are, if that is known; ``before``: those answered before."""
    terminal = sys.stderr.isatty() if console is None else console.is_terminal
    if not into_file and (sys.stdout.isatty() or not terminal):
        return _Nothing()
    from rich.console import Console  # here, for one short answer is sooner found than this is imported

    console = console or Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    meter = _Meter(total, before)
    return _Bar(console, meter) if terminal else _Plain(console, meter)


class _Meter:
    """Speed and time left."""

    def __init__(self, total: Lines | int | None, before: int) -> None:
        self._total = total
        self._before = self.answered = before
        self._begun = time.monotonic()

    @property
    def total(self) -> int | None:
        total = self._total.found if isinstance(self._total, Lines) else self._total
        return None if total is None else max(total, self.answered)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    @property
    def speed(self) -> float:
        return (self.answered - self._before) / max(1e-9, self.seconds)

    def line(self) -> str:
        total = self.total
        of = "" if total is None else f"/{total:,}"
        known = self.speed and self.seconds >= _KNOWN
        left = f"  left {clock((total - self.answered) / self.speed)}" if known and total is not None else ""
        return f"{self.answered:,}{of} answered  {self.speed:,.0f}/s{left}"

    def end(self) -> str:
        return f"{self.answered - self._before:,} sources answered in {clock(self.seconds)} ({self.speed:,.0f}/s)"


class _Nothing:
    """For who needs not be told."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def at(self, answered: int) -> None:
        return None


class _Plain:
    """A line now and then."""

    def __init__(self, console: Console, meter: _Meter) -> None:
        self._console = console
        self._meter = meter
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._meter.seconds >= _EVERY:
            self._console.print(self._meter.end())

    def at(self, answered: int) -> None:
        self._meter.answered = answered
        now = time.monotonic()
        if now - self._last >= _EVERY:
            self._last = now
            self._console.print(self._meter.line())


class _Bar:
    """A bar that moves."""

    def __init__(self, console: Console, meter: _Meter) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = console
        self._meter = meter
        self._bar = Progress(
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,  # answers go there
        )
        self._task = self._bar.add_task(meter.line(), total=None)
        self._last = 0.0

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)
        if kind is None and self._meter.seconds >= _EVERY:
            self._console.print(self._meter.end())

    def at(self, answered: int) -> None:
        self._meter.answered = answered
        now = time.monotonic()
        if now - self._last >= 0.1:
            self._last = now
            self._bar.update(self._task, completed=answered, total=self._meter.total, description=self._meter.line())

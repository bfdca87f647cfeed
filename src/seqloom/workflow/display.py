"""A run as a person watches it: the plan, a bar, samples; plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from seqloom.core.clock import clock
from seqloom.training.events import Recovered, Stepped, Stopped, Validated
from seqloom.workflow.evaluating import Report
from seqloom.workflow.plan import Planned
from seqloom.workflow.reporting import PAGE
from seqloom.workflow.training import Ended, Told

__all__ = ["samples_of", "show"]

_EVERY = 10.0
"""Seconds between plain lines."""
_SAMPLES = 3
_LONGEST = 400
"""Characters of a text that is shown."""
_CHOSEN = {"last": "the last weights", "best": "the best weights", "average": "the mean of the last weights"}


def show(events: Iterator[Told], *, last: Callable[[Ended], Iterable[str]] | None = None) -> Ended:
    """Tell of a run on stderr until it ends. ``last``: what is said then, in place of scores and what to do next."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    ended: Ended | None = None
    with _Bar(console) if console.is_terminal else _Lines(console) as display:
        for event in events:
            match event:
                case Planned():
                    for name, text in event.lines:
                        console.print(f"{name:<11} {text}")
                    display.begin(event)
                case Stepped():
                    display.step(event)
                case Validated():
                    display.note(_validated(event))
                case Recovered():
                    display.note(
                        [
                            f"step {event.step:,}: {event.what} Back to step {event.restored:,}; the rate is now "
                            f"{event.factor:g} of what it was."
                        ]
                    )
                case Stopped():
                    display.note([_stopped(event)])
                case Ended():
                    ended = event
    assert ended is not None
    for line in (last or _ended)(ended):
        console.print(line)
    return ended


class _Display(Protocol):
    """What both displays can do."""

    def begin(self, plan: Planned) -> None: ...

    def step(self, event: Stepped) -> None: ...

    def note(self, lines: Sequence[str]) -> None: ...


class _Lines:
    """A line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._meter = _Meter()
        self._last = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def begin(self, plan: Planned) -> None:
        self._meter.begin(plan)

    def step(self, event: Stepped) -> None:
        self._meter.step(event)
        now = time.monotonic()
        if now - self._last >= _EVERY:
            self._last = now
            self._console.print(self._meter.line(event))

    def note(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._console.print(line)


class _Bar:
    """A bar that moves."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._meter = _Meter()
        self._bar = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[told]}"),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def begin(self, plan: Planned) -> None:
        self._meter.begin(plan)
        self._task = self._bar.add_task("", total=plan.steps, completed=plan.first, told="")

    def step(self, event: Stepped) -> None:
        self._meter.step(event)
        if self._task is not None:
            self._bar.update(self._task, completed=event.progress.step, told=self._meter.figures(event))

    def note(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._console.print(line)


class _Meter:
    """Speed and time left."""

    def __init__(self) -> None:
        self._steps = self._tokens = 0
        self._planned = 0
        self._begun = time.monotonic()

    def begin(self, plan: Planned) -> None:
        self._planned = plan.steps
        self._begun = time.monotonic()

    def step(self, event: Stepped) -> None:
        self._steps += 1
        self._tokens += event.progress.tokens

    def figures(self, event: Stepped) -> str:
        progress = event.progress
        speed = self._tokens / max(1e-9, time.monotonic() - self._begun)
        return f"loss {event.smoothed:.3f}  {speed:,.0f} tokens/s  rate {progress.rate:.2e}  epoch {event.epoch:.1f}"

    def line(self, event: Stepped) -> str:
        step = event.progress.step
        left = (time.monotonic() - self._begun) / max(1, self._steps) * max(0, self._planned - step)
        return f"step {step:,}/{self._planned:,}  {self.figures(event)}  left {clock(left)}"


def samples_of(report: Report, *, number: int = _SAMPLES) -> list[str]:
    """Some answers beside their references."""
    step = max(1, len(report.answers) // number)
    lines = []
    for answer, tested in list(zip(report.answers, report.tested, strict=True))[::step][:number]:
        right = answer.text in tested.references
        lines.append(f"    {_short(tested.source)}")
        lines.append(f"  {'✓' if right else '→'} {_short(answer.text)}")
        lines += [] if right else [f"  = {_short(tested.references[0])}"]
    return lines


def _short(text: str) -> str:
    """A sample shall show what an answer is like, not fill a screen with numbers."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"


def _figure(value: float) -> str:
    """Two digits behind the point, or three that count: a series may be measured in small units."""
    return f"{value:.2f}" if abs(value) >= 1 or not value else f"{value:.3g}"


def _validated(event: Validated) -> list[str]:
    scores = "  ".join(f"{name.replace('_', ' ')} {_figure(value)}" for name, value in event.validation.scores.items())
    best = "  (the best so far)" if event.best else ""
    lines = [f"validation at step {event.step:,}, epoch {event.epoch:.1f}: {scores}{best}"]
    report = event.validation.samples
    return lines + (samples_of(report) if isinstance(report, Report) else [])


def _stopped(event: Stopped) -> str:
    match event.reason:
        case "steps":
            why = f"trained to the end, {event.step:,} steps"
        case "patience":
            why = f"no better for a while, so it ended at step {event.step:,}"
        case "interrupted":
            return f"interrupted at step {event.step:,}; everything is saved"
    return f"{why}; kept: {_CHOSEN[event.chosen]}"


def _ended(ended: Ended) -> Iterator[str]:
    if ended.stopped.reason == "interrupted":
        more = "" if ended.resumed else f" and `--resume --out {ended.folder}`"
        yield f"Go on with the same command{more}."
        return
    for name, report in ended.reports.items():
        yield f"{name}:"
        yield from (f"  {line}" for line in str(report).splitlines())
    if ended.outlook:
        yield ended.outlook
    if ended.drawing is not None:
        yield f"{ended.folder / PAGE} shows how it went and where it fails (made in {ended.drawing:.1f} s)."
    yield f"The model is in {ended.folder} ({clock(ended.seconds)} in all). Try"
    yield f'  echo "…" | seqloom predict {ended.folder}'

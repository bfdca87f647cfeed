"""The log of a run: a line of JSON each, and if wanted TensorBoard and Weights & Biases."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from seqloom.core.errors import MissingExtraError
from seqloom.core.settings import Positive
from seqloom.training.events import Event, Recovered, Stepped, Stopped, Validated

__all__ = ["Log", "LoggingSettings", "opened_log"]


@dataclass(frozen=True, kw_only=True)
class LoggingSettings:
    """The logging."""

    every: Positive = 10
    """Steps from one line to the next; validations and what else happens are always logged."""
    tensorboard: bool = False
    """Curves for TensorBoard too, in `tensorboard/`."""
    wandb: str = ""
    """The project at Weights & Biases that gets the curves; empty: none does."""
    wandb_mode: Literal["offline", "online"] = "offline"
    """Offline, they lie in `wandb/` and can be sent later."""


class _Sink(Protocol):
    """What takes the lines of a log."""

    def write(self, line: dict[str, Any]) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class Log:
    """What is to be kept of the events, given to every sink."""

    def __init__(self, sinks: list[_Sink], *, every: int) -> None:
        self._sinks = sinks
        self._every = every

    def write(self, event: Event) -> None:
        line = self._line(event)
        if line is None:
            return
        for sink in self._sinks:
            sink.write(line)
        if not isinstance(event, Stepped):
            self.flush()

    def flush(self) -> None:
        for sink in self._sinks:
            sink.flush()

    def _line(self, event: Event) -> dict[str, Any] | None:
        match event:
            case Stepped() if event.progress.step % self._every == 0:
                return {"event": "step"} | _progress(event) | _rounded(event)
            case Validated():
                return {
                    "event": "validation",
                    "step": event.step,
                    "epoch": round(event.epoch, 4),
                    "score": event.validation.score,
                    "scores": dict(event.validation.scores),
                    "best": event.best,
                    "seconds": round(event.seconds, 3),
                }
            case Recovered():
                return {"event": "recovered"} | asdict(event)
            case Stopped():
                return {"event": "stopped"} | asdict(event)
        return None


@contextmanager
def opened_log(folder: Path, settings: LoggingSettings, *, step: int) -> Iterator[Log]:
    """The log of the run in this folder, from behind ``step`` on: what was logged later than that is taken back."""
    with ExitStack() as open_sinks:
        sinks: list[_Sink] = [_Lines(folder / "log.jsonl", step=step)]
        if settings.tensorboard:
            sinks.append(_TensorBoard(folder / "tensorboard", step=step))
        if settings.wandb:
            sinks.append(_WeightsAndBiases(folder, settings))
        for sink in sinks:
            open_sinks.callback(sink.close)
        yield Log(sinks, every=settings.every)


class _Lines:
    """`log.jsonl`."""

    def __init__(self, path: Path, *, step: int) -> None:
        if path.exists():
            beside = path.with_suffix(".part")
            beside.write_text("".join(_until(path, step)), encoding="utf-8")
            os.replace(beside, path)
        self._file = path.open("a", encoding="utf-8")

    def write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class _TensorBoard:
    """Event files, without TensorFlow."""

    def __init__(self, path: Path, *, step: int) -> None:
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(str(path), purge_step=step + 1 if step else None)

    def write(self, line: dict[str, Any]) -> None:
        for name, value in _curves(line).items():
            self._writer.add_scalar(name, value, line["step"])

    def flush(self) -> None:
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class _WeightsAndBiases:
    """One run at Weights & Biases, which a resumed run goes on with."""

    def __init__(self, folder: Path, settings: LoggingSettings) -> None:
        try:
            import wandb
        except ImportError as error:
            raise MissingExtraError("logging.wandb", extra="wandb") from error
        name = folder / "wandb-run.txt"
        known = name.read_text(encoding="utf-8").strip() if name.exists() else None
        self._run = wandb.init(
            project=settings.wandb,
            dir=str(folder),
            mode=settings.wandb_mode,
            id=known,
            resume="allow",
            settings=wandb.Settings(silent=True),
        )
        name.write_text(f"{self._run.id}\n", encoding="utf-8")

    def write(self, line: dict[str, Any]) -> None:
        self._run.log(_curves(line), step=line["step"])

    def flush(self) -> None:
        """It sends by itself."""

    def close(self) -> None:
        self._run.finish()


def _progress(event: Stepped) -> dict[str, float]:
    """With what each of several objectives has in the loss beside it."""
    line = asdict(event.progress)
    parts: dict[str, float] = line.pop("parts")
    return line | {f"loss_{name}": value for name, value in parts.items()}


def _rounded(event: Stepped) -> dict[str, float]:
    return {"smoothed": event.smoothed, "epoch": round(event.epoch, 4), "seconds": round(event.seconds, 3)}


def _curves(line: dict[str, Any]) -> dict[str, float]:
    """The numbers of a line under the names of curves."""
    if line["event"] == "step":
        return {f"training/{name}": value for name, value in line.items() if name not in ("event", "step")}
    if line["event"] == "validation":
        scores = {"score": line["score"]} | line["scores"]
        return {f"validation/{name}": value for name, value in scores.items()}
    return {}


def _until(path: Path, step: int) -> Iterator[str]:
    """The whole lines up to this step, without that of the end; a line that a killed run left half is none."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for text in lines:
            try:
                line = json.loads(text)
                wanted = line["step"] <= step and line["event"] != "stopped"
            except (ValueError, KeyError, TypeError):
                continue
            if wanted and text.endswith("\n"):
                yield text

"""The meter of all contestants: the tokens learnt from between two instants, and the time between them.

Only what Python brings with it is imported, since this runs in every peer's environment. What to measure, and where to
write it, stands in the environment variables that `bench/training.py` sets.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from machine import machine_seconds, own_seconds

__all__ = ["Step", "Window"]


@dataclass(frozen=True)
class Step:
    """What one step of the optimiser learnt from."""

    target: int
    """Real target tokens, the ends of the sentences included."""
    source: int
    target_positions: int
    """The same with padding."""
    source_positions: int


class Window:
    """Opens with the first step after the warm-up, and ends the process when its time is over."""

    def __init__(self) -> None:
        self.out = Path(os.environ["METER_OUT"])
        self.warm = float(os.environ["METER_WARM"])
        self.seconds = float(os.environ["METER_SECONDS"])
        self.process = os.getpid()
        self.first_step = 0.0
        self.warm_until = 0.0
        self.opened: tuple[float, float, float] | None = None
        self.steps: list[Step] = []

    def step(self, step: Step) -> None:
        """To be called when a step is finished."""
        if os.getpid() != self.process:
            return
        now = time.perf_counter()
        if not self.first_step:
            self.first_step = time.time() - float(os.environ["METER_STARTED"])
            self.warm_until = now + self.warm
        elif self.opened is None:
            if now >= self.warm_until:
                self.opened = now, machine_seconds(), own_seconds()
        else:
            self.steps.append(step)
            if now - self.opened[0] >= self.seconds:
                self._close(now, *self.opened)

    def _close(self, now: float, opened: float, machine: float, own: float) -> None:
        seconds, used = now - opened, own_seconds() - own
        target = sum(step.target for step in self.steps)
        measured = {
            "rate": target / seconds,
            "seconds": seconds,
            "steps": len(self.steps),
            "target_tokens_a_step": target / len(self.steps),
            "source_padding": 1 - sum(step.source for step in self.steps) / sum(s.source_positions for s in self.steps),
            "target_padding": 1 - target / sum(step.target_positions for step in self.steps),
            "first_step": self.first_step,
            "own_processors": used / seconds,
            "others_processors": max(0.0, (machine_seconds() - machine - used) / seconds),
        }
        self.out.write_text(json.dumps(measured))
        os._exit(0)  # a peer would save, validate or train on

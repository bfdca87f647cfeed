"""Read a folder that answers, whatever is in it. No torch here until a model needs it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seqloom.core.devices import DeviceName
from seqloom.workflow.speaker import Speaker

__all__ = ["load"]


def load(folder: str | Path, *, device: DeviceName = "cpu", trust: Iterable[str] | None = ()) -> Speaker:
    """Read a model folder. ``trust`` names the packages whose parts a model from elsewhere may run; None trusts all."""
    from seqloom.workflow.model import load_model

    return load_model(Path(folder), device=device, trust=None if trust is None else frozenset(trust))

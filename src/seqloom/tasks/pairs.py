"""A row is a pair: the task of whoever names none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqloom.tasks.contract import TaskBase

__all__ = ["PairsSettings"]


@dataclass(frozen=True, kw_only=True)
class PairsSettings(TaskBase):
    """The task of pairs."""

    kind: Literal["pairs"] = "pairs"

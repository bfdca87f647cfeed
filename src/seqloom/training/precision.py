"""The one place that says in which precision a step is computed. Parameters and the optimiser stay float32."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import Literal

import torch

__all__ = ["Precision", "autocast", "resolve"]

Precision = Literal["auto", "fp32", "bf16"]
"""fp16 is not among them: it needs its loss scaled, and on processors it is many times slower."""


def resolve(precision: Precision, device: torch.device) -> Literal["fp32", "bf16"]:
    """What "auto" is on this device: bf16 where it is computed and not emulated."""
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if device.type == "cpu" and _processor_has_bf16() else "fp32"


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """While open, what gains by it is computed in the precision."""
    if resolve(precision, device) == "fp32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


@cache
def _processor_has_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    return "avx512_bf16" in flags or "amx_bf16" in flags

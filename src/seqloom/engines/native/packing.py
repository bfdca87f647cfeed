"""Weights in the order in which the kernels read them, and the tables by which they find them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["CallTable", "DecoderTable", "LayerTable", "LinearTable", "NormTable", "Packing", "address"]

_POINTER, _INT, _FLOAT = ctypes.c_void_p, ctypes.c_int32, ctypes.c_float


class LinearTable(ctypes.Structure):
    _fields_ = [("panels", _POINTER), ("bias", _POINTER), ("inputs", _INT), ("outputs", _INT)]


class NormTable(ctypes.Structure):
    _fields_ = [("weight", _POINTER), ("bias", _POINTER), ("epsilon", _FLOAT)]


class LayerTable(ctypes.Structure):
    _fields_ = [
        *((name, LinearTable) for name in ("read", "read_out", "query", "cross_out", "inner", "outer")),
        ("norms", NormTable * 3),
    ]


class DecoderTable(ctypes.Structure):
    _fields_ = [
        *((name, _INT) for name in ("layers", "width", "heads", "kv_heads", "activation", "pre", "ssru")),
        *((name, _INT) for name in ("unknown", "vocabulary", "embedding")),
        ("scale", _FLOAT),
        ("table", _POINTER),
        ("positions", _POINTER),
        ("into", LinearTable),
        ("last", NormTable),
        ("bridge", LinearTable),
        ("layer", _POINTER),
    ]


class CallTable(ctypes.Structure):
    _fields_ = [
        *((name, _INT) for name in ("rows", "beams", "threads")),
        *((name, _POINTER) for name in ("row", "token", "position", "beam")),
        ("beam_step", ctypes.c_int64),
        *((name, _POINTER) for name in ("past", "cell", "memory", "source_length")),
        ("longest", ctypes.c_int64),
        ("hidden", _POINTER),
        ("output", LinearTable),
        *((name, _POINTER) for name in ("list", "list_length", "token_weight", "token_bias")),
        *((name, _INT) for name in ("count", "end", "never", "num_barred")),
        *((name, _POINTER) for name in ("barred", "best_logp", "best_id", "end_logp")),
    ]


@dataclass
class Packing:
    """Makes tables, and keeps what they point at."""

    panel: int
    """Columns that lie side by side."""
    kept: list[Any] = field(default_factory=list)

    def linear(self, *modules: nn.Linear, scales: Sequence[float] = ()) -> LinearTable:
        """Of modules that read the same, one below the other; each times its scale."""
        scales = scales or [1.0] * len(modules)
        weight_FD = torch.cat([each.weight.detach() * scale for each, scale in zip(modules, scales, strict=True)])
        biases = [
            (each.weight.new_zeros(each.out_features) if each.bias is None else each.bias.detach()) * scale
            for each, scale in zip(modules, scales, strict=True)
        ]
        return self.product(weight_FD, torch.cat(biases))

    def product(self, weight_FD: Tensor, bias_F: Tensor | None) -> LinearTable:
        outputs, inputs = weight_FD.shape
        missing = -outputs % self.panel
        padded = functional.pad(weight_FD.float(), (0, 0, 0, missing))
        panels = padded.unflatten(0, (-1, self.panel)).transpose(1, 2)
        bias = None if bias_F is None else functional.pad(bias_F.float(), (0, missing))
        return LinearTable(panels=self.tensor(panels), bias=self.tensor(bias), inputs=inputs, outputs=outputs)

    def norm(self, module: nn.LayerNorm | nn.RMSNorm) -> NormTable:
        epsilon = torch.finfo(torch.float32).eps if module.eps is None else module.eps
        return NormTable(
            weight=self.tensor(module.weight), bias=self.tensor(getattr(module, "bias", None)), epsilon=epsilon
        )

    def tensor(self, tensor: Tensor | None) -> int | None:
        """Where a copy of it lies that stays."""
        if tensor is None:
            return None
        wanted = torch.float32 if tensor.is_floating_point() else tensor.dtype
        copied = tensor.detach().to(wanted, copy=True).contiguous()
        self.kept.append(copied)
        return address(copied)


def address(tensor: Tensor | None) -> int | None:
    """Where it begins; it must be contiguous, and outlive the call."""
    return None if tensor is None else tensor.data_ptr()

"""Weights in the order in which the kernels read them, and the tables by which they find them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.core.specials import Specials

__all__ = [
    "FLOAT",
    "INT",
    "POINTER",
    "CallTable",
    "LinearTable",
    "NormTable",
    "OutputTable",
    "Packing",
    "Shorts",
    "address",
]

POINTER, INT, FLOAT = ctypes.c_void_p, ctypes.c_int32, ctypes.c_float


class LinearTable(ctypes.Structure):
    _fields_ = [
        *((name, POINTER) for name in ("panels", "bias", "shorts", "short_scale")),
        ("inputs", INT),
        ("outputs", INT),
    ]


class NormTable(ctypes.Structure):
    _fields_ = [("weight", POINTER), ("bias", POINTER), ("epsilon", FLOAT)]


class OutputTable(ctypes.Structure):
    _fields_ = [
        ("bridge", LinearTable),
        ("product", LinearTable),
        *((name, POINTER) for name in ("token_weight", "token_bias")),
        *((name, INT) for name in ("end", "never", "num_barred")),
        ("barred", POINTER),
    ]


class CallTable(ctypes.Structure):
    _fields_ = [
        *((name, INT) for name in ("rows", "beams", "threads")),
        *((name, POINTER) for name in ("row", "token", "position", "beam")),
        ("beam_step", ctypes.c_int64),
        *((name, POINTER) for name in ("past", "cell", "memory", "source_length")),
        ("longest", ctypes.c_int64),
        ("hidden", POINTER),
        *((name, POINTER) for name in ("list", "list_length")),
        ("count", INT),
        *((name, POINTER) for name in ("best_logp", "best_id", "end_logp")),
    ]


Shorts = Literal["none", "output", "all"]
"""What is multiplied in 16 bits: nothing; what is weighed anew in 32, so that nobody sees it; everything."""
_MANY = 1024
"""Words of an output from which scores in 16 bits save more than it costs to weigh the best of them anew."""


@dataclass
class Packing:
    """Makes tables, and keeps what they point at."""

    panel: int
    """Columns that lie side by side."""
    shorts: Shorts = "none"
    """What is multiplied in 16 bits."""
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
        table = self._whole(weight_FD, bias_F)
        if self.shorts == "all":
            self._shorten(table, weight_FD)
        return table

    def _whole(self, weight_FD: Tensor, bias_F: Tensor | None) -> LinearTable:
        outputs, inputs = weight_FD.shape
        missing = -outputs % self.panel
        padded = functional.pad(weight_FD.float(), (0, 0, 0, missing))
        panels = padded.unflatten(0, (-1, self.panel)).transpose(1, 2)
        bias = None if bias_F is None else functional.pad(bias_F.float(), (0, missing))
        return LinearTable(panels=self.tensor(panels), bias=self.tensor(bias), inputs=inputs, outputs=outputs)

    def _shorten(self, table: LinearTable, weight_FD: Tensor) -> None:
        """Integers: of each row the squares add up to 2^30 at most, so that a product with another such is 32 bits."""
        outputs, inputs = weight_FD.shape
        scale_F = weight_FD.double().norm(dim=1) / 32000
        whole_FD = (weight_FD.double() / scale_F.clamp(min=1e-30)[:, None]).round().to(torch.int16)
        padded = functional.pad(whole_FD, (0, inputs % 2, 0, -outputs % self.panel))
        pairs = padded.unflatten(0, (-1, self.panel)).unflatten(2, (-1, 2)).transpose(1, 2)
        table.shorts = self.tensor(pairs)
        table.short_scale = self.tensor(functional.pad(scale_F.float(), (0, -outputs % self.panel)))

    def norm(self, module: nn.LayerNorm | nn.RMSNorm) -> NormTable:
        epsilon = torch.finfo(torch.float32).eps if module.eps is None else module.eps
        return NormTable(
            weight=self.tensor(module.weight), bias=self.tensor(getattr(module, "bias", None)), epsilon=epsilon
        )

    def output(self, head: Any, vocabulary: Specials) -> OutputTable:
        """Of a generator."""
        weight_VD = head.weight.detach()
        product = self._whole(weight_VD, None if head.bias is None else head.bias.detach())
        if self.shorts != "none" and len(weight_VD) >= _MANY:
            self._shorten(product, weight_VD)
        barred = sorted({vocabulary.pad, vocabulary.bos} - {vocabulary.eos})
        return OutputTable(
            bridge=self.linear(head.bridge) if isinstance(head.bridge, nn.Linear) else LinearTable(),
            product=product,
            token_weight=self.tensor(head.weight),
            token_bias=self.tensor(head.bias),
            end=vocabulary.eos,
            never=vocabulary.pad,
            num_barred=len(barred),
            barred=self.tensor(torch.tensor(barred, dtype=torch.int32)),
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

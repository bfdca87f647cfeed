"""The few parts that take another form in a graph: with the same weights they say the same, for every length."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.convolution import Convolution
from seqloom.nn.recurrent import Cell, CellState, GruCell, LstmCell, Recurrence
from seqloom.nn.sight import Window

__all__ = ["TRANSLATIONS", "exportable"]


def exportable(network: EncoderDecoder) -> EncoderDecoder:
    """A copy in single precision that can be traced."""
    twin = copy.deepcopy(network).float().cpu().eval().requires_grad_(False)
    for parent in list(twin.modules()):
        for name, child in parent.named_children():
            form = _FORMS.get(type(child))
            if form is not None:
                setattr(parent, name, form(child))
        sight: Any = getattr(parent, "sight", None)
        if type(sight) is Window:
            vars(parent)["sight"] = _AlwaysCut(reach=sight.reach)
    return twin


class _AlwaysCut(Window):
    """A graph cannot choose by the length; to cut a source that is short is but a little dearer."""

    def _cuts(self, num_positions: int) -> bool:
        return True


class _Convolution(nn.Module):
    """The runtime's own convolution over a source; where a decoder sees one window, one product for all rows."""

    def __init__(self, convolution: Convolution) -> None:
        super().__init__()
        self.window_OX: Tensor
        self.weight, self.bias = convolution.weight, convolution.bias
        [self.kernel] = convolution.kernel_size
        self.register_buffer("window_OX", convolution.weight.transpose(1, 2).flatten(1).contiguous())

    def forward(self, x_NTC: Tensor) -> Tensor:
        if isinstance(x_NTC.shape[1], int) and x_NTC.shape[1] == self.kernel:
            return functional.linear(x_NTC.flatten(1), self.window_OX, self.bias)[:, None]
        return functional.conv1d(x_NTC.transpose(1, 2), self.weight, self.bias).transpose(1, 2)


class _Recurrence(nn.Module):
    """One step where a decoder walks. Over a source, one node of the graph for the cells that textbooks have."""

    def __init__(self, recurrence: Recurrence) -> None:
        super().__init__()
        self.cell = recurrence.cell
        self.node = _NODES.get(type(recurrence.cell)) if not recurrence.cell.normed else None
        if self.node is not None:
            for name, weight in zip(("input_RI", "hidden_RD", "bias_R"), _as_onnx(recurrence.cell), strict=True):
                self.register_buffer(name, weight)

    def drop(self, h_ND: Tensor) -> None:
        """Nothing is, when a model answers."""

    def forward(self, x_NTI: Tensor, state: CellState, mask_NT: Tensor | None = None) -> tuple[Tensor, CellState]:
        if mask_NT is None:
            new = self.cell.update(self.cell.input(x_NTI)[:, 0], state, self.cell.hidden)
            return new[0][:, None], new
        if self.node is None:
            return self._scan(self.cell.input(x_NTI), state, mask_NT)
        weights = [self.input_RI, self.hidden_RD, self.bias_R]
        h_NTD, *last = _recurrence(x_NTI, list(state), weights, mask_NT.sum(1, dtype=torch.int32), self.node)
        return h_NTD, tuple(last)

    def _scan(self, input_NTR: Tensor, state: CellState, mask_NT: Tensor) -> tuple[Tensor, CellState]:
        from torch._higher_order_ops.scan import scan

        def step(before: CellState, given: tuple[Tensor, Tensor]) -> tuple[CellState, Tensor]:
            input_NR, real_N1 = given
            after = self.cell.update(input_NR, before, self.cell.hidden)
            state = tuple(torch.where(real_N1, new, old) for new, old in zip(after, before, strict=True))
            return state, state[0].clone()

        last, h_TND = scan(step, state, (input_NTR.transpose(0, 1), mask_NT.transpose(0, 1)[..., None]), dim=0)
        return h_TND.transpose(0, 1), tuple(last)


_FORMS: dict[type, Any] = {Convolution: _Convolution, Recurrence: _Recurrence}


# ---- a recurrence as one node ----------------------------------------------------------------------------------------

_NODES: dict[type[Cell], str] = {LstmCell: "LSTM", GruCell: "GRU"}
_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}
"""ONNX has i, o, f, g and z, r, n where ours are i, f, g, o and r, z, n."""


def _as_onnx(cell: Cell) -> tuple[Tensor, Tensor, Tensor]:
    """W, R and both biases end to end, with one direction before them."""
    order = _GATES[_NODES[type(cell)]]
    ordered = [torch.cat([weight.chunk(cell.gates)[gate] for gate in order]) for weight in cell.fused_weights()]
    input_RI, hidden_RD, input_R, hidden_R = ordered
    return input_RI[None], hidden_RD[None], torch.cat([input_R, hidden_R])[None]


@torch.library.custom_op("seqloom::recurrence", mutates_args=())
def _recurrence(
    x_NTI: Tensor, state: list[Tensor], weights: list[Tensor], lengths_N: Tensor, node: str
) -> list[Tensor]:
    """What stands behind a row's length means nothing, and its last state is that of its last real step."""
    raise NotImplementedError("it is a node of a graph, which an engine computes")


@_recurrence.register_fake
def _(x_NTI: Tensor, state: list[Tensor], weights: list[Tensor], lengths_N: Tensor, node: str) -> list[Tensor]:
    return [x_NTI.new_empty(*x_NTI.shape[:2], state[0].shape[1]), *(torch.empty_like(part) for part in state)]


def _opset() -> Any:
    from onnxscript import opset18

    return opset18


def _translated(x_NTI: Any, state: Any, weights: Any, lengths_N: Any, node: str) -> Any:
    op = _opset()
    width = state[0].shape[-1]
    rows = [op.Unsqueeze(part, op.Constant(value_ints=[0])) for part in state]
    x_TNI = op.Transpose(x_NTI, perm=[1, 0, 2])
    if node == "LSTM":
        h_T1ND, *last = op.LSTM(x_TNI, *weights, lengths_N, *rows, hidden_size=width)
    else:
        h_T1ND, *last = op.GRU(x_TNI, *weights, lengths_N, *rows, hidden_size=width, linear_before_reset=1)
    h_NTD = op.Transpose(op.Squeeze(h_T1ND, op.Constant(value_ints=[1])), perm=[1, 0, 2])
    return [h_NTD, *(op.Squeeze(part, op.Constant(value_ints=[0])) for part in last)]


def _repeated(x: Any, repeats: Any, dim: int, output_size: Any = None) -> Any:
    """Each entry so many times: torch's own translation goes wrong where the number is not known beforehand."""
    op = _opset()
    dim = dim % len(x.shape)
    number = op.Reshape(repeats, op.Constant(value_ints=[1]))
    before, behind = (op.Constant(value_ints=[1] * count) for count in (dim + 1, len(x.shape) - dim - 1))
    beside = op.Expand(op.Unsqueeze(x, op.Constant(value_ints=[dim + 1])), op.Concat(before, number, behind, axis=0))
    sizes = (op.Shape(x, start=0, end=dim), op.Constant(value_ints=[-1]), op.Shape(x, start=dim + 1))
    return op.Reshape(beside, op.Concat(*sizes, axis=0))


def _sorted(x: Any, *, stable: bool, dim: int = -1, descending: bool = False) -> Any:
    """In ONNX, of equal entries the one that stood first comes first."""
    op = _opset()
    dim = dim % len(x.shape)
    return op.TopK(x, op.Shape(x, start=dim, end=dim + 1), axis=dim, largest=int(descending))


TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.seqloom.recurrence.default: _translated,
    torch.ops.aten.repeat_interleave.self_int: _repeated,
    torch.ops.aten.sort.stable: _sorted,
}

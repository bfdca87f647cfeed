"""A model that was exported to ONNX, as search sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, make_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from seqloom.core.errors import DataError, DecodingError, MissingExtraError, ModelFolderError
from seqloom.decoding.stepper import Step
from seqloom.engines.onnx_layout import ENCODER, NEW, STEP, Carried, Given, Layout, TensorType, first_part
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import BeamRows, State

__all__ = ["OnnxState", "OnnxStepper"]

_ROOM = 8
"""Places for tokens that are made at a time: places yet empty cost time at each step, and to make some costs a copy."""

_TYPES: Mapping[TensorType, tuple[torch.dtype, type[np.generic]]] = {
    "float32": (torch.float32, np.float32),
    "int64": (torch.int64, np.int64),
    "bool": (torch.bool, np.bool_),
}


@dataclass(frozen=True, kw_only=True)
class OnnxState(BeamRows):
    """What a graph carries from step to step. A subclass a model has a field a tensor, named as the graph names it."""

    taken_B: Tensor
    """Steps that each source has taken."""


class OnnxStepper:
    """The steps of two graphs: ``encoder.onnx`` and ``step.onnx``, on the processor."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """``threads`` that compute a step together; None: as many as there are cores."""
        self._layout = Layout.read(folder)
        self._encoder = _Graph(folder / ENCODER, threads=threads)
        self._step = _Graph(folder / STEP, threads=threads)
        self._state = _state_class(self._layout.state)
        self._read = [each for each in self._layout.state if each.read]
        self._moving = [each for each in self._layout.state if each.moves]
        self._growing = [each for each in self._layout.state if each.grows is not None]
        self.vocabulary = self._layout.vocabulary
        self.joins = self._layout.joins
        self.longest = self._layout.longest
        self.order = self._layout.order

    def start(self, source: SourceBatch, *, beams: int, attention: bool = False) -> State:
        """Read the sources. A graph gives what attention it has in any case."""
        given = {each.name: _of_source(each, source) for each in self._layout.given}
        first = [each for each in self._layout.state if each.grows is None]
        found = self._encoder.run(given, [each.name for each in first])
        for each in first:
            if each.axes[0] == "N":
                found[each.name] = found[each.name].repeat_interleave(beams, 0)
        num_sources = len(next(iter(given.values())))
        for each in self._growing:
            found[each.name] = _nothing(each, num_sources, beams)
        return self._state(beams=beams, taken_B=torch.zeros(num_sources, dtype=torch.long), **found)

    def step(self, tokens_N: Tensor, state: State) -> Step:
        assert isinstance(state, OnnxState), "a graph steps from the state that it made"
        tensors = {each.name: getattr(state, each.name) for each in self._layout.state}
        if self._growing:
            needed = int(state.taken_B.max()) + 1
            tensors |= {each.name: _with_room(each, tensors[each.name], needed) for each in self._growing}
        given = {"tokens": tokens_N.contiguous().view(-1, state.beams)}
        for each in self._read:
            tensor = tensors[each.name].contiguous()
            given[each.name] = tensor.unflatten(0, (-1, state.beams)) if each.axes[0] == "N" else tensor
        num_rows = len(tokens_N)
        num_positions = tensors[self._layout.mask].shape[1]
        logp_NV = torch.empty(num_rows, self._layout.columns + (num_positions if self._layout.own else 0))
        attention_NS = torch.empty(num_rows, num_positions) if self._layout.attention else None
        new: dict[str, Any] = {
            each.name: given[each.name].view_as(tensors[each.name])
            if each.in_place
            else torch.empty_like(tensors[each.name])
            for each in self._moving
        }
        into = {"logp": logp_NV, **{f"{NEW}{name}": tensor for name, tensor in new.items()}}
        self._step.run_into(given, into if attention_NS is None else {**into, "attention": attention_NS})
        return Step(
            logp_NV=logp_NV,
            state=replace(state, taken_B=state.taken_B + 1, **new),
            attention_NS=attention_NS,
            mask_BS=tensors[self._layout.mask],
        )


class _Graph:
    """A graph that reads torch's tensors where they lie."""

    def __init__(self, path: Path, *, threads: int | None) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingExtraError("an ONNX graph", extra="onnx") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its own exceptions have no common name
            raise ModelFolderError(f"{path}: must be an ONNX graph, but cannot be read: {_line(error)}.") from error

    def run(self, given: Mapping[str, Tensor], wanted: Sequence[str]) -> dict[str, Tensor]:
        found = self._session.run(list(wanted), {name: tensor.numpy() for name, tensor in given.items()})
        return {name: torch.from_numpy(array) for name, array in zip(wanted, found, strict=True)}

    def run_into(self, given: Mapping[str, Tensor], into: Mapping[str, Tensor]) -> None:
        """Write what is computed where these tensors lie."""
        binding = self._session.io_binding()
        for bind, tensors in ((binding.bind_input, given), (binding.bind_output, into)):
            for name, tensor in tensors.items():
                bind(name, "cpu", 0, _NUMPY[tensor.dtype], tuple(tensor.shape), tensor.data_ptr())
        self._session.run_with_iobinding(binding)


_NUMPY = dict(_TYPES.values())


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _state_class(state: Sequence[Carried]) -> type[Any]:
    """Rows with a field a tensor, so that ``nn.state`` knows by its name whose rows it has, and what pads it."""
    return make_dataclass(
        "OnnxState",
        [(each.name, Tensor) for each in state],
        bases=(OnnxState,),
        frozen=True,
        kw_only=True,
        namespace={"fills": {each.name: each.fill for each in state}},
    )


def _of_source(each: Given, source: SourceBatch) -> Tensor:
    """The tensor that the encoder asks for. What a source leaves open is nothing to copy, and every unit."""
    name, _, what = each.name.rpartition("/")
    if each.name in ("copy", "units"):
        first = source.parts[first_part(source.parts)]
    if each.name == "copy":
        return torch.full_like(first.mask_BS, -1, dtype=torch.long) if source.copy_BS is None else source.copy_BS
    if each.name == "units":
        every_S = torch.arange(first.mask_BS.shape[1])
        return torch.where(first.mask_BS, every_S, -1) if source.units_BU is None else source.units_BU
    if name not in source.parts:
        raise DecodingError(f"a source must have the part `{name}`, but has {', '.join(source.parts)}. Give it.")
    part = source.parts[name]
    if what == "mask":
        return part.mask_BS.contiguous()
    if each.longest is not None and part.values.shape[1] > each.longest:
        raise DataError(
            f"a sequence must have at most {each.longest} positions, but has {part.values.shape[1]}. Shorten it."
        )
    return part.values.to(_TYPES[each.type][0]).contiguous()


def _nothing(each: Carried, num_sources: int, beams: int) -> Tensor:
    """A tensor that grows, before the first token."""
    sizes = {"N": num_sources * beams, "B": num_sources, "K": beams, "T": 0}
    return torch.zeros(
        [sizes[axis] if isinstance(axis, str) else axis for axis in each.axes], dtype=_TYPES[each.type][0]
    )


def _with_room(each: Carried, tensor: Tensor, needed: int) -> Tensor:
    assert each.grows is not None
    missing = needed - tensor.shape[each.grows]
    if missing <= 0:
        return tensor
    more = -(-missing // _ROOM) * _ROOM
    return functional.pad(tensor, (0, 0) * (tensor.dim() - each.grows - 1) + (0, more))

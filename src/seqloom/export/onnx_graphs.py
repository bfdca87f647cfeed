"""A stepper's two halves as modules whose inputs and outputs are tensors, and what one look shows of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from seqloom.engines.onnx_layout import Axis, Carried, TensorType
from seqloom.export.probe import Probe
from seqloom.export.states import fills, flatten, legend, rebuild
from seqloom.models.stepper import ModelState, ModelStepper
from seqloom.nn.memory import Part, SourceBatch

__all__ = ["EncoderGraph", "Look", "StepGraph", "given_of", "look", "source_of", "type_of"]

_MASK = "memory_mask_BS"
_ROOM = 7
"""For tokens, while a step is traced: a size like no other."""


class EncoderGraph(nn.Module):
    """A batch of sources → the state that a search starts with, one hypothesis a source."""

    def __init__(self, stepper: ModelStepper, given: Sequence[str], state: Sequence[str]) -> None:
        super().__init__()
        self.parts = nn.ModuleList([stepper.model.source, stepper.model.encoder, stepper.model.decoder])
        self.stepper = stepper
        self.given = given
        self.state = state

    def forward(self, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        source = source_of(dict(zip(self.given, given, strict=True)))
        found = flatten(self.stepper.start(source, beams=1, attention=True))
        return tuple(found[name] for name in self.state)


class StepGraph(nn.Module):
    """A token a hypothesis and what is read of the state → ``logp_NV``, attention where there is one, what moved."""

    def __init__(self, stepper: ModelStepper, like: ModelState, look: Look) -> None:
        super().__init__()
        self.parts = nn.ModuleList([stepper.model.decoder, stepper.head])
        self.stepper = stepper
        self.like = like
        self.types = {name: tensor.dtype for name, tensor in flatten(like).items()}
        self.same, self.axes = look.same, look.axes
        self.read = [each for each in look.state if each.read]
        self.moving = [each.name for each in look.state if each.moves]

    def forward(self, tokens_BK: Tensor, before: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        sizes: dict[Axis, int] = {"B": tokens_BK.shape[0], "K": tokens_BK.shape[1]}
        tensors = {}
        for each, tensor in zip(self.read, before, strict=True):
            tensors[each.name] = tensor.flatten(0, 1) if each.axes[0] == "N" else tensor
            sizes |= dict(zip(each.axes, tensors[each.name].shape, strict=True))
        sizes["N"] = sizes["B"] * sizes["K"]
        for name, dtype in self.types.items():  # the others count for their sizes alone
            if name not in tensors:
                shape: Any = [sizes.get(axis, axis) for axis in self.axes[name]]
                tensors[name] = tensors.get(self.same.get(name, ""), torch.zeros(shape, dtype=dtype))
        length = sizes["T"] - 1 if "T" in sizes else None
        state = rebuild(self.like, tensors, beams=tokens_BK.shape[1], length=length)
        step = self.stepper.step(tokens_BK.flatten(), state)
        after = flatten(step.state)
        attention = () if step.attention_NS is None else (step.attention_NS,)
        return step.logp_NV, *attention, *(after[name] for name in self.moving)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one step shows of a stepper."""

    like: ModelState
    """A state to trace with, with room for more tokens."""
    state: tuple[Carried, ...]
    same: Mapping[str, str]
    """Of a tensor that stands in the state twice, the name under which it is carried."""
    axes: Mapping[str, tuple[Axis, ...]]
    """Of every tensor in the state, carried or not."""
    columns: int
    own: bool
    attention: bool

    @property
    def mask(self) -> str:
        return self.same.get(_MASK, _MASK)


def look(stepper: ModelStepper, probe: Probe, other: Probe) -> Look:
    """Take a step with each of two sizes, and see what is read, what moves, and which sizes change with which."""
    first, second = (_step(stepper, each) for each in (probe, other))
    same: dict[str, str] = {}
    seen: dict[int, str] = {}
    for name, tensor in first.before.items():
        if name not in first.moved and seen.setdefault(id(tensor), name) != name:
            same[name] = seen[id(tensor)]
    mask = same.get(_MASK, _MASK)
    padding = fills(first.state)
    letters: dict[tuple[int, int], str] = {
        (first.before[mask].shape[1], second.before[mask].shape[1]): "S",
        (probe.units, other.units): "U",
    }
    axes = {name: _axes(name, tensor, second.before[name], letters) for name, tensor in first.before.items()}
    read = {same.get(name, name) for name in first.read}
    sized = {"B", "K", *(axis for name in read for axis in axes[name])}
    for name in [mask, *axes]:  # a tensor may be asked for nothing but its size
        if not sized.issuperset(axis for axis in axes[name] if isinstance(axis, str) and axis != "N"):
            read.add(same.get(name, name))
            sized |= set(axes[name])
    state = [
        Carried(
            name=name,
            type=type_of(tensor),
            axes=axes[name],
            fill=padding[name],
            read=name in read,
            moves=name in first.moved,
        )
        for name, tensor in first.before.items()
        if name not in same and (name in read or name == mask)
    ]
    widths = [each.logp_NV.shape[1] for each in (first, second)]
    positions = [each.before[mask].shape[1] for each in (first, second)]
    own = widths[0] != widths[1]
    return Look(
        like=first.state,
        state=tuple(state),
        same=same,
        axes=axes,
        columns=widths[0] - positions[0] if own else widths[0],
        own=own,
        attention=first.attention_NS is not None,
    )


def given_of(source: SourceBatch) -> dict[str, Tensor]:
    """The tensors of a batch of sources by name, as a graph takes them."""
    given: dict[str, Tensor] = {}
    for name, part in source.parts.items():
        given |= {f"{name}/values": part.values, f"{name}/mask": part.mask_BS}
    further = {"copy": source.copy_BS, "units": source.units_BU}
    return given | {name: tensor for name, tensor in further.items() if tensor is not None}


def source_of(given: Mapping[str, Tensor]) -> SourceBatch:
    """The batch that has these tensors."""
    names = [name.removesuffix("/values") for name in given if name.endswith("/values")]
    parts = {name: Part(values=given[f"{name}/values"], mask_BS=given[f"{name}/mask"]) for name in names}
    return SourceBatch(parts=parts, copy_BS=given.get("copy"), units_BU=given.get("units"))


def type_of(tensor: Tensor) -> TensorType:
    types: dict[torch.dtype, TensorType] = {torch.float32: "float32", torch.int64: "int64", torch.bool: "bool"}
    assert tensor.dtype in types, f"no graph is given a tensor of {tensor.dtype}"
    return types[tensor.dtype]


# ---- one step, looked at ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Stepped:
    state: ModelState
    before: Mapping[str, Tensor]
    read: frozenset[str]
    moved: frozenset[str]
    logp_NV: Tensor
    attention_NS: Tensor | None


def _step(stepper: ModelStepper, probe: Probe) -> _Stepped:
    """Where gradients may be wanted nothing is written in place, so that a tensor is another where it has changed."""
    with torch.no_grad():
        fresh = stepper.start(probe.source(stepper.model), beams=probe.beams, attention=True)
    tensors = {name: _with_room(name, tensor) for name, tensor in flatten(fresh).items()}
    grows = any("T" in legend(name) for name in tensors)
    state = rebuild(fresh, tensors, beams=probe.beams, length=_ROOM - 1 if grows else None)
    before = flatten(state)
    reads = _Reads({id(tensor): name for name, tensor in before.items()})
    with torch.enable_grad(), reads:
        tokens_N = torch.full([probe.sources * probe.beams], stepper.vocabulary.bos)
        step = stepper.step(tokens_N, state)
    after = flatten(step.state)
    assert after.keys() == before.keys(), "a state keeps its make from step to step"
    shared = {id(tensor) for name, tensor in before.items() if after[name] is tensor}
    return _Stepped(
        state=state,
        before=before,
        read=frozenset(name for name, tensor in before.items() if id(tensor) in reads.found),
        moved=frozenset(name for name, tensor in before.items() if id(tensor) not in shared),
        logp_NV=step.logp_NV,
        attention_NS=step.attention_NS,
    )


class _Reads(TorchDispatchMode):
    """Notes which of some tensors are given to any operation."""

    def __init__(self, names: Mapping[int, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names = names
        self.found: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        flat, _ = torch.utils._pytree.tree_flatten((args, kwargs or {}))
        self.found |= {id(each) for each in flat} & self.names.keys()
        return func(*args, **(kwargs or {}))


def _with_room(name: str, tensor: Tensor) -> Tensor:
    if "T" not in legend(name):
        return tensor
    sizes = [_ROOM if letter == "T" else size for letter, size in zip(legend(name), tensor.shape, strict=True)]
    return tensor.new_zeros(sizes)


def _axes(name: str, tensor: Tensor, other: Tensor, letters: dict[tuple[int, int], str]) -> tuple[Axis, ...]:
    """Rows, beams and tokens are known by the name's letters, other sizes that change by what they change with."""
    known = legend(name) if len(legend(name)) == tensor.dim() else ""
    axes: list[Axis] = ["N" if legend(name).startswith("N") else "B"]
    for place, sizes in enumerate(zip(tensor.shape[1:], other.shape[1:], strict=True), start=1):
        if known[place : place + 1] in ("T", "K"):
            axes.append(known[place])
        elif sizes[0] == sizes[1]:
            axes.append(sizes[0])
        else:
            axes.append(letters.setdefault(sizes, f"S{len(letters)}"))
    return tuple(axes)

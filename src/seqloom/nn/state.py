"""What a decoder carries from step to step, and the three things a search does to it.

A state is a frozen dataclass of tensors. Axis 0 is rows; the name's suffix says whose: ``keys_NTGE`` has a row a
hypothesis, everything else (``memory_mask_BS``, a ``Memory``) a row a source. What belongs to the source is never
copied per beam, so ``reorder`` leaves it alone; nor are ``keys_BTKGE``, in which each hypothesis of a source has a
place that stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, Self, cast, runtime_checkable

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["BeamRows", "Rows", "State", "fold", "unfold"]


@runtime_checkable
class State(Protocol):
    """A decoder's past. Used once: the call that takes a state may write into its tensors."""

    def reorder(self, parents_N: Tensor) -> Self:
        """Row n of the result is row ``parents_N[n]``: a gather, repeats allowed, of what a beam owns."""
        ...

    def select(self, rows_B: Tensor) -> Self:
        """Keep these sources, with their beams."""
        ...

    def join(self, other: Self) -> Self:
        """Append the sources of ``other``, which may be at any position."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Tensors with a row a source: ``select``, ``join`` and ``to`` written once for all of them."""

    fills: ClassVar[Mapping[str, int]] = {}
    """What ``join`` pads a field with where it is not 0."""

    def reorder(self, parents_N: Tensor) -> Self:
        return self._each(lambda name, tensor: tensor[parents_N] if _of_beam(name) else tensor, "reorder", parents_N)

    def select(self, rows_B: Tensor) -> Self:
        rows_N = self._beam_rows(rows_B)
        return self._each(lambda name, tensor: tensor[rows_N if _of_beam(name) else rows_B], "select", rows_B)

    def join(self, other: Self) -> Self:
        return type(self)(
            **{
                field.name: _join(getattr(self, field.name), getattr(other, field.name), self.fills.get(field.name, 0))
                for field in fields(self)
            }
        )

    def mapped(self, change: Callable[[Tensor], Tensor]) -> Self:
        """With every tensor changed alike."""
        return self._each(lambda _, tensor: change(tensor), "mapped", change)

    def to(self, device: torch.device) -> Self:
        """Towards a GPU nobody waits; towards the processor it would be read too soon."""
        return self.mapped(lambda tensor: tensor.to(device, non_blocking=device.type != "cpu"))

    def _beam_rows(self, rows_B: Tensor) -> Tensor:
        return rows_B

    def _each(self, change: Callable[[str, Tensor], Tensor], method: str, index: Any) -> Self:
        def changed(name: str, value: Any) -> Any:
            if isinstance(value, Tensor):
                return change(name, value)
            if isinstance(value, Rows):
                return getattr(value, method)(index)
            if value is None or isinstance(value, int | str):
                return value  # before the slow question whether it is a state of another make
            if isinstance(value, tuple):
                return tuple(changed(name, item) for item in value)
            if isinstance(value, Mapping):
                return {key: changed(name, item) for key, item in value.items()}
            if isinstance(value, State):
                return getattr(value, method)(index)
            return value

        return type(self)(**{field.name: changed(field.name, getattr(self, field.name)) for field in fields(self)})


@dataclass(frozen=True, kw_only=True)
class BeamRows(Rows):
    """Rows of which some fields (suffix ``N…``) have one a hypothesis: K rows a source, next to each other."""

    beams: int

    def _beam_rows(self, rows_B: Tensor) -> Tensor:
        offsets_K = torch.arange(self.beams, device=rows_B.device)
        return (rows_B[:, None] * self.beams + offsets_K).flatten()

    def join(self, other: Self) -> Self:
        assert self.beams == other.beams, "a running batch has one number of beams"
        return super().join(other)


def fold(x_NT: Tensor, beams: int) -> Tensor:
    """(N, T, …) → (B, K·T, …): the beams of a source become queries of one row."""
    return x_NT.reshape(x_NT.shape[0] // beams, beams * x_NT.shape[1], *x_NT.shape[2:])


def unfold(x_BQ: Tensor, beams: int) -> Tensor:
    """(B, K·T, …) → (N, T, …): what ``fold`` did, undone."""
    return x_BQ.reshape(x_BQ.shape[0] * beams, x_BQ.shape[1] // beams, *x_BQ.shape[2:])


def _of_beam(name: str) -> bool:
    suffix = name.rpartition("_")[2]
    return suffix.startswith("N") and suffix.isupper()


def _join(first: Any, second: Any, fill: int) -> Any:
    """Two values of one field: tensors end to end, padded at the right to one size on every other axis."""
    if isinstance(first, Tensor):
        sizes = [max(a, b) for a, b in zip(first.shape[1:], second.shape[1:], strict=True)]
        return torch.cat([_pad(first, sizes, fill), _pad(second, sizes, fill)])
    if isinstance(first, tuple):
        return tuple(_join(a, b, fill) for a, b in zip(first, second, strict=True))
    if isinstance(first, Mapping):
        return {key: _join(value, second[key], fill) for key, value in first.items()}
    if isinstance(first, int) and not isinstance(first, bool):
        return max(first, second)  # an upper bound, such as the longest row so far
    if first is not None and not isinstance(first, bool | str) and isinstance(first, State):
        return first.join(cast(State, second))
    assert first == second, f"rows that differ in {first!r} and {second!r} cannot join"
    return first


def _pad(tensor: Tensor, sizes: list[int], fill: int) -> Tensor:
    if list(tensor.shape[1:]) == sizes:
        return tensor
    missing = [size - have for size, have in zip(sizes, tensor.shape[1:], strict=True)]
    widths = [width for axis in reversed(missing) for width in (0, axis)]
    return functional.pad(tensor, widths, value=fill)

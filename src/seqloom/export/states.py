"""A state as named tensors, and back: what a graph is handed is tensors alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from torch import Tensor

from seqloom.core.errors import RecipeError
from seqloom.nn.state import Rows, State

__all__ = ["fills", "flatten", "legend", "rebuild"]

R = TypeVar("R", bound=Rows)


@dataclass(frozen=True)
class _Place:
    """Where in the tree a tensor stands; whose it is, by its field's suffix; and what pads it."""

    path: tuple[str, ...] = ()
    suffix: str = ""
    fill: int = 0

    def field(self, name: str, *, fill: int) -> _Place:
        letters = legend(name)
        return _Place((*self.path, name.removesuffix(f"_{letters}") if letters else name), letters, fill)

    def item(self, key: str) -> _Place:
        return _Place((*self.path, key), self.suffix, self.fill)

    @property
    def name(self) -> str:
        return "_".join((*self.path, self.suffix) if self.suffix else self.path)


def legend(name: str) -> str:
    """The letters that say a tensor's axes; "" where a name has none."""
    suffix = name.rpartition("_")[2]
    return suffix if suffix.isupper() else ""


def flatten(state: State) -> dict[str, Tensor]:
    """Every tensor of the state under a name that ends, like its field's, in whose rows it has: `past_0_keys_BTKGE`."""
    return {name: tensor for name, (tensor, _) in _leaves(state).items()}


def fills(state: State) -> dict[str, int]:
    """What ``join`` pads each tensor with."""
    return {name: fill for name, (_, fill) in _leaves(state).items()}


def _leaves(state: State) -> dict[str, tuple[Tensor, int]]:
    found: dict[str, tuple[Tensor, int]] = {}

    def keep(place: _Place, tensor: Tensor) -> Tensor:
        assert place.name not in found, f"two tensors of the state are called {place.name}"
        found[place.name] = tensor, place.fill
        return tensor

    _walked(state, _Place(), keep, lambda name, number: number)
    return found


def rebuild(state: R, tensors: Mapping[str, Tensor], *, beams: int, length: int | None) -> R:
    """A state of the same make with these tensors and so many beams.

    Its other whole numbers are lengths: upper bounds for what grows with the tokens read.
    """

    def number(name: str, before: int) -> int:
        if name == "beams":
            return beams
        return before if length is None else length

    rebuilt = _walked(state, _Place(), lambda place, _: tensors[place.name], number)
    assert isinstance(rebuilt, type(state))
    return rebuilt


def _walked(
    value: Any, place: _Place, tensor: Callable[[_Place, Tensor], Tensor], number: Callable[[str, int], int]
) -> Any:
    if isinstance(value, Tensor):
        return tensor(place, value)
    if isinstance(value, Rows):
        return type(value)(
            **{
                field.name: _walked(
                    getattr(value, field.name),
                    place.field(field.name, fill=value.fills.get(field.name, 0)),
                    tensor,
                    number,
                )
                for field in fields(value)
            }
        )
    if isinstance(value, tuple):
        return tuple(_walked(item, place.item(str(index)), tensor, number) for index, item in enumerate(value))
    if isinstance(value, Mapping):
        return {key: _walked(item, place.item(key), tensor, number) for key, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool):
        return number(place.path[-1], value)
    if value is not None and not isinstance(value, bool | str | float) and isinstance(value, State):
        raise RecipeError(
            f"`model.decoder` must keep its state in `seqloom.nn.Rows` to be written as ONNX, but has "
            f"a {type(value).__name__}. Answer with the model itself."
        )
    return value

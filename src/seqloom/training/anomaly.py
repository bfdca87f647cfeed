"""Where a number stopped being one: the step is run again, and every module is looked at in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor, nn

from seqloom.nn.contracts import Batch, Head

__all__ = ["diagnose"]


def diagnose(model: nn.Module, batch: Batch, *, loss: Callable[[], Tensor], remedy: str) -> str | None:
    """What is the first thing that is not finite, and what to do; None where all is finite.

    ``loss`` makes the batch's loss again.
    """
    for name, parameter in model.named_parameters():
        if not parameter.isfinite().all():
            return f"`{name}` was not finite before the step began. {remedy}"
    if not _sound(batch):
        return "the batch has values that are not finite. Clean the data."
    watch = _Watch(model)
    with watch:
        value = loss()
    if not value.isfinite():
        if watch.in_forward is None:
            return f"the loss is {value.item()}, because a target token has no probability. Clean the data."
        return f"the loss is {value.item()}; {watch.in_forward}. {remedy}"
    model.zero_grad()
    value.backward()
    place = watch.in_backward or _first_parameter(model)
    if place is None:
        return None
    return f"the loss is finite, but its gradient is not; {place}. {remedy}"


class _Watch(ExitStack):
    """While open, notes the first value that is not finite; and in the backward pass after it the first gradient.

    A module is looked at when it is complete, so the innermost one comes first. What a module computes between two of
    its parts is seen when the next part is given it.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.in_forward: str | None = None
        self.in_backward: str | None = None
        self._names = {module: f"`{name}`" if name else "the model" for name, module in model.named_modules()}
        self._running: list[nn.Module] = []
        self._reached = "the loss"
        for module in self._names:
            for handle in (
                module.register_forward_pre_hook(self._before, with_kwargs=True),
                module.register_forward_hook(self._after),
            ):
                self.callback(handle.remove)
            if isinstance(module, Head):
                self._look_at_scores(module)

    def _look_at_scores(self, head: Head) -> None:
        """A head that learns is seldom called: it is asked for scores."""
        for name in ("score", "logp_of"):
            ask = getattr(head, name)

            def looked_at(*args: Any, ask: Callable[..., Any] = ask, **kwargs: Any) -> Any:
                self._before(head, args, kwargs)
                found = ask(*args, **kwargs)
                self._after(head, args, found)
                return found

            setattr(head, name, looked_at)
            self.callback(delattr, head, name)

    def _before(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self.in_forward is None and not _sound((args, kwargs)):
            maker = self._names[self._running[-1]] if self._running else "the model"
            reader = self._names[module]
            self.in_forward = f"{maker} is the first module that makes what is not finite, and gives it to {reader}"
        self._running.append(module)

    def _after(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        self._running.pop()
        # A head says -inf of what is impossible.
        if self.in_forward is None and not _sound(output, impossible=isinstance(module, Head)):
            self.in_forward = f"{self._names[module]} is the first module whose output is not finite"
        for tensor in _tensors(output):
            if tensor.requires_grad:
                tensor.register_hook(lambda gradient, module=module: self._gradient(module, gradient))

    def _gradient(self, module: nn.Module, gradient: Tensor | None) -> None:
        if self.in_backward is not None or gradient is None:  # None: no loss hangs on it
            return
        name = self._names[module]
        if gradient.isfinite().all():
            self._reached = f"the output of {name}"
        else:
            self.in_backward = f"from the loss back, it is as far as {self._reached}, but not at the output of {name}"


def _first_parameter(model: nn.Module) -> str | None:
    for name, parameter in model.named_parameters():
        if parameter.grad is not None and not parameter.grad.isfinite().all():
            return f"it is not at `{name}`"
    return None


def _sound(value: Any, *, impossible: bool = False) -> bool:
    """Whether all numbers in it are finite; ``impossible``: or -inf."""
    # Detached: what a look would keep for the backward pass is not there when a checkpointed stretch is made again.
    found = (tensor.detach() for tensor in _tensors(value))
    return all(bool((tensor.isfinite() | (impossible & tensor.isneginf())).all()) for tensor in found)


def _tensors(value: Any) -> Iterator[Tensor]:
    """Every tensor of real numbers in tuples, tables and dataclasses."""
    if isinstance(value, Tensor):
        if value.is_floating_point():
            yield value
    elif isinstance(value, Mapping):
        yield from _tensors(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _tensors(item)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _tensors(tuple(getattr(value, field.name) for field in fields(value)))

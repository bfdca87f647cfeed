"""What is found out about a module before it is taken for a part: what it reads, and what comes of a call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError

__all__ = ["MaskParameter", "attempt", "close", "example", "mask_parameter", "trial", "width_read"]


def width_read(module: object) -> int | None:
    """The width of the vectors that one of torch's own modules reads; None where only a call would tell."""
    if isinstance(module, nn.RNNBase):
        return module.input_size
    if isinstance(module, nn.TransformerEncoder | nn.TransformerDecoder):
        return int(module.layers[0].self_attn.embed_dim)
    return None


@dataclass(frozen=True)
class MaskParameter:
    """The parameter of a ``forward`` that a mask is handed to, and what True means there."""

    name: str
    real: bool

    def of(self, mask_BS: Tensor) -> Tensor:
        return mask_BS if self.real else ~mask_BS


def mask_parameter(module: nn.Module, *, role: str, after: int, names: Mapping[str, bool]) -> MaskParameter | None:
    """The parameter behind the first ``after`` that has one of the names; None where there is none.

    ``names`` says for each whether True is a real position there.
    """
    parameters = list(inspect.signature(module.forward).parameters.values())[after:]
    named = [parameter for parameter in parameters if parameter.kind not in _STARRED]
    found = next((parameter for parameter in named if parameter.name in names), None)
    unknown = [each.name for each in named if each is not found and each.default is inspect.Parameter.empty]
    if unknown:
        raise RecipeError(
            f"`{role}` must ask for {_ASKED[role]} alone, but the forward of {type(module).__name__} also asks for "
            f"`{unknown[0]}`. Give that a default, or name it `{next(iter(names))}` where it is the mask."
        )
    return None if found is None else MaskParameter(found.name, names[found.name])


_STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_ASKED = {"encoder": "the embedded source and a mask", "decoder": "the embedded tokens, the memory and its mask"}


@contextmanager
def trial(module: nn.Module) -> Iterator[None]:
    """While open, the module is as when it answers; afterwards all is as it was, the generator of numbers too."""
    training = [(part, part.training) for part in module.modules()]
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            module.eval()
            yield
    finally:
        for part, was in training:
            part.training = was


def example(module: nn.Module, *shape: int) -> Tensor:
    """Numbers that look like embeddings, where the module is; the same at every call."""
    like = next(module.parameters(), torch.empty(0))
    generator = torch.Generator().manual_seed(sum(shape))
    numbers = torch.randn(shape, generator=generator, device="cpu")
    return numbers.to(like.device, like.dtype)


def attempt(call: Callable[[], Any], *, role: str, name: str, wants: str) -> Any:
    """What a trial call returns; where it raises, one line that says what was tried."""
    try:
        return call()
    except Exception as error:
        why = (str(error).splitlines() or [""])[0]
        raise RecipeError(
            f"`{role}` must {wants}, but {name} raised {type(error).__name__}: {why}. "
            f"Make it read vectors of these widths, or set `width`."
        ) from error


def close(x: Tensor, y: Tensor) -> bool:
    """Whether two ways to compute one thing agree, as far as single precision can tell."""
    return torch.allclose(x, y, rtol=1e-3, atol=1e-4)

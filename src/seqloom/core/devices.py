"""Where a model runs."""

from typing import TYPE_CHECKING, Literal, TypeAlias

from seqloom.core.errors import RecipeError

if TYPE_CHECKING:
    import torch

DeviceName: TypeAlias = Literal["cpu", "cuda", "auto"]


def pick_device(name: DeviceName) -> "torch.device":
    """The device of that name; "auto" is the GPU where there is one."""
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise RecipeError('`device` must be "cpu" or "auto" here, but is "cuda": torch finds no GPU.')
    return torch.device(name)

"""A model's weights in a file: safetensors, never pickle; what is tied is written once."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from seqloom.core.errors import ModelFolderError

__all__ = ["load_weights", "save_weights"]


def save_weights(model: nn.Module, path: Path) -> None:
    """Written beside and moved into place, so that no half-written file looks whole."""
    beside = path.with_name(path.name + ".part")
    save_model(model, str(beside))
    beside.replace(path)


def load_weights(model: nn.Module, path: Path) -> None:
    if not path.is_file():
        raise ModelFolderError(f"{path}: there is no such file. A model folder must have `{path.name}`.")
    try:
        load_model(model, str(path), strict=True)
    except SafetensorError as error:
        raise ModelFolderError(f"{path}: must be a safetensors file, but cannot be read ({error}).") from error
    except RuntimeError as error:
        raise ModelFolderError(f"{path}: the weights do not fit the recipe. {str(error).splitlines()[0]}") from error

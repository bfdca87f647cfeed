"""A model's weights in a file: safetensors, never pickle; what is tied is written once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_model, save_model
from torch import nn

from seqloom.core.errors import ModelFolderError

__all__ = ["fingerprint", "load_weights", "save_weights"]

_MARK = "model"


def save_weights(model: nn.Module, path: Path, *, mark: str = "") -> None:
    """Written beside and moved into place, so that no half-written file looks whole.

    ``mark`` says whose weights these are; a reader who asks for another's is refused.
    """
    beside = path.with_name(path.name + ".part")
    save_model(model, str(beside), metadata={_MARK: mark})
    with beside.open("rb") as written:
        os.fsync(written.fileno())
    beside.chmod(0o666 & ~_umask())  # safetensors makes it readable to its owner alone
    beside.replace(path)


def _umask() -> int:
    """Which cannot be asked for without being set."""
    now = os.umask(0o022)
    os.umask(now)
    return now


def load_weights(model: nn.Module, path: Path, *, mark: str = "") -> None:
    if not path.is_file():
        raise ModelFolderError(f"{path}: there is no such file. A model folder must have `{path.name}`.")
    try:
        with safe_open(str(path), framework="pt") as opened:
            found = (opened.metadata() or {}).get(_MARK, "")
        if mark and found != mark:
            raise ModelFolderError(f"{path}: these are another model's weights. Put back the ones it was trained to.")
        load_model(model, str(path), strict=True)
    except SafetensorError as error:
        raise ModelFolderError(
            f"{path}: must be a whole safetensors file, but cannot be read ({error}). Copy the folder again."
        ) from error
    except OSError as error:
        raise ModelFolderError(f"{path}: cannot be read: {error.strerror}.") from error
    except RuntimeError as error:
        raise ModelFolderError(f"{path}: the weights do not fit the recipe. {str(error).splitlines()[0]}") from error


def fingerprint(model: nn.Module) -> str:
    """Of the weights: the same for the same ones, wherever they came from."""
    digest = hashlib.sha256()
    for name, weight in model.state_dict().items():
        digest.update(name.encode())
        digest.update(weight.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()

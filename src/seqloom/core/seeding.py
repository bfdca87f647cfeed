"""One seed for every generator of random numbers, and their states as data, so that a run resumes where it stopped."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class RandomStates:
    """Where the generators of python, numpy, torch and each GPU stand."""

    python: tuple[Any, ...]
    numpy: dict[str, Any]
    torch: "Tensor"
    cuda: tuple["Tensor", ...]


def seed_everything(seed: int) -> None:
    """Start every generator from `seed`, which must be a `settings.Seed`."""
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)  # GPUs too


def random_states() -> RandomStates:
    """Where the generators stand now."""
    import torch

    return RandomStates(
        python=random.getstate(),
        numpy=dict(np.random.get_state(legacy=False)),
        torch=torch.get_rng_state(),
        cuda=tuple(torch.cuda.get_rng_state_all()) if torch.cuda.is_available() else (),
    )


def restore_random_states(states: RandomStates) -> None:
    """Put the generators where `random_states` found them."""
    import torch

    random.setstate(states.python)
    np.random.set_state(states.numpy)
    torch.set_rng_state(states.torch)
    # A run may resume on a machine with other GPUs, or none; what cannot be restored there has no meaning there.
    for index, state in enumerate(states.cuda[: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(state, index)

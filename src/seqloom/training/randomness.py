"""Chance and order: what makes the same run give the same bits."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

import numpy as np
import torch

__all__ = ["number_for", "seed_for", "steadied"]


def number_for(seed: int, *purpose: object) -> int:
    """A seed for one purpose, such as a piece of a step.

    So a step's dropout is a function of the seed and the step alone: whatever a validation, a caller between two steps
    or a pause drew, the next step is the same, and a run that resumes has no generators to put back.
    """
    return crc32(repr((seed, *purpose)).encode())


def seed_for(seed: int, *purpose: object) -> None:
    """Start every generator that all threads have in common anew for one purpose."""
    chosen = number_for(seed, *purpose)
    random.seed(chosen)
    np.random.seed(chosen)
    # `torch.manual_seed` would look for every kind of device each time, which takes longer than a small step.
    torch.default_generator.manual_seed(chosen)
    if torch.cuda.is_initialized():
        for generator in torch.cuda.default_generators:
            generator.manual_seed(chosen)


@contextmanager
def steadied(*, deterministic: bool, threads: int) -> Iterator[None]:
    """While open, torch uses so many threads (0: as before) and, if wanted, only algorithms that repeat their bits."""
    before = torch.get_num_threads()
    was = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    if threads:
        torch.set_num_threads(threads)
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS begins
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        if threads:
            torch.set_num_threads(before)
        if deterministic:
            torch.use_deterministic_algorithms(was[0], warn_only=was[1])
            torch.backends.cudnn.benchmark = benchmark

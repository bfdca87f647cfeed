"""Our search over cores: one for each, with one thread."""

from __future__ import annotations

from pathlib import Path

import torch

from seqloom.decoding.first_of import FirstOf
from seqloom.decoding.request import Engine
from seqloom.decoding.search import Search
from seqloom.decoding.stepper import Stepper
from seqloom.decoding.workers import Workers
from seqloom.engines.native.search import NativeSearch
from seqloom.engines.native.stepper import NativeStepper

__all__ = ["ROWS", "rows_side_by_side", "search_graphs", "search_on_cores"]

ROWS = 64
"""Sources that are searched side by side; each has its beam."""
_HYPOTHESES = 320
"""But as many hypotheses at least: weights that do not fit into a cache are read for all of them at once."""


def _rows_of_batch(beams: int) -> int:
    """The hypotheses of all sources together, where each has so many."""
    return max(ROWS * beams, _HYPOTHESES)


def rows_side_by_side(paths: int) -> int:
    """The sources of a rollout: many paths of few sources stay in a cache, where as many of all of them would not."""
    return max(1, min(ROWS, 2 * _HYPOTHESES // paths))


def search_on_cores(
    stepper: Stepper, *, whole: Stepper | None = None, beams: int, device: torch.device | None = None
) -> Engine:
    """``beams``: the hypotheses that most sources have."""
    rows = _rows_of_batch(beams)
    cores = torch.get_num_threads() if device is None or device.type == "cpu" else 1
    searches = [_search(stepper, whole=whole, rows=rows, device=device) for _ in range(cores)]
    # A few wait for those that are over; the fewer, the sooner the last cores are ready together.
    return Workers(searches, share=max(2, rows // beams * 5 // 4)) if cores > 1 else searches[0]


def _search(stepper: Stepper, *, whole: Stepper | None, rows: int, device: torch.device | None) -> Engine:
    """The kernels' own first, where they know the model."""
    every = Search(stepper, whole=whole, max_rows=rows, device=device)
    if not isinstance(stepper, NativeStepper):
        return every
    return FirstOf([NativeSearch(stepper, max_rows=rows), every])


def search_graphs(folder: Path, *, beams: int) -> Engine:
    """Over the ONNX graphs in the folder."""
    from seqloom.engines.onnx import OnnxStepper

    return search_on_cores(OnnxStepper(folder, threads=1), beams=beams)

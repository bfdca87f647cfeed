"""The training pairs whose sources are nearest to a source, as the model's encoder sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from seqloom.core.errors import DataError, DecodingError, SeqloomError
from seqloom.core.files import read_json, write_json
from seqloom.data.rows import Row
from seqloom.decoding.collate import Layout, collate
from seqloom.decoding.request import Source
from seqloom.explain.insight.matrices import finite
from seqloom.models.weights import fingerprint
from seqloom.retrieval.vectors import VectorIndex
from seqloom.workflow.manifest import sha256
from seqloom.workflow.model import Model
from seqloom.workflow.rows import Pairs
from seqloom.workflow.speaker import Speaker

__all__ = ["Neighbour", "Neighbours", "neighbours_in", "states_of"]

_WINDOW = 4096
"""Rows among which those of one length are put together."""
_ROWS = 64
_COPIES = 4
"""Times the number asked for that are looked at: the same pair may be there more than once."""
_ABOUT = "states.json"

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A pair, and how far its source lies: 1 less the cosine of the means of the encoder's states."""

    source: str
    target: str
    distance: float

    def to_data(self) -> dict[str, Any]:
        return {"source": self.source, "target": self.target, "distance": finite(self.distance)}


class Neighbours:
    """Pairs with their directions; made once, asked often."""

    def __init__(self, model: Model, rows: Sequence[Row], index: VectorIndex) -> None:
        self.model = model
        self.rows = rows
        self.index = index
        """The place of each row, by the direction of its states."""

    def nearest(self, source: Source, *, number: int) -> tuple[Neighbour, ...]:
        """The nearest first; of pairs that are written alike the first."""
        found: dict[tuple[str, str], Neighbour] = {}
        near = self.index.nearest(_unit(states_of(self.model, [source])), k=number * _COPIES)
        for square, place in zip(near.distances_QK[0].tolist(), near.values_QK[0].tolist(), strict=True):
            row = self.rows[place]
            key = (row.source, row.targets[0])
            # Of two directions |a - b|² = 2 (1 - cos).
            found.setdefault(key, Neighbour(source=row.source, target=row.targets[0], distance=square / 2))
        return tuple(found.values())[:number]


def neighbours_in(speaker: Speaker, pairs: Pairs) -> Neighbours:
    """The pairs, read by the encoder. Of a file that is kept beside it, for the next time."""
    if not isinstance(speaker, Model):
        raise DecodingError("`pairs` needs the encoder's states, which no export shows. Ask the model itself.")
    rows = [row for row in speaker.rows(pairs) if row.targets and row.source.strip()]
    if not rows:
        raise DataError("`pairs` must have rows of a source and a target, but has none.")
    file = Path(pairs) if isinstance(pairs, str | Path) and Path(pairs).is_file() else None
    if file is None:
        return Neighbours(speaker, rows, _index_of(speaker, rows))
    kept, about = file.with_name(file.name + ".states"), {"model": fingerprint(speaker.network), "pairs": sha256(file)}
    with suppress(SeqloomError):
        if read_json(kept / _ABOUT) == about:
            return Neighbours(speaker, rows, VectorIndex.load(kept))
    index = _index_of(speaker, rows)
    with suppress(OSError, SeqloomError):  # beside a file that may only be read nothing is kept
        index.save(kept)
        write_json(kept / _ABOUT, about)
    return Neighbours(speaker, rows, index)


def _index_of(model: Model, rows: Sequence[Row]) -> VectorIndex:
    def sources() -> Iterator[Source]:
        for row in rows:
            read = model.numbering.read(model.cleaned(row))
            yield model.numbering.source(read.source, read.extras)[0]

    return VectorIndex.build(_unit(states_of(model, sources())), np.arange(len(rows)), graph=False)


@torch.inference_mode()
def states_of(model: Model, sources: Iterator[Source] | Sequence[Source]) -> Floats:
    """The mean of the encoder's states of each source, in their order."""
    sources = iter(sources)
    windows: list[Floats] = []
    while window := [*islice(sources, _WINDOW)]:
        layouts = [Layout.of(source) for source in window]
        order = sorted(range(len(window)), key=lambda place: (layouts[place], _length(window[place])))
        found: dict[int, Floats] = {}
        for first in range(0, len(order), _ROWS):
            places = order[first : first + _ROWS]
            batch = collate([window[place] for place in places], device=model.device)
            means_BD = model.network.encode(batch).mean_BD().float().cpu().numpy()
            found |= zip(places, means_BD, strict=True)
        windows.append(np.stack([found[place] for place in range(len(window))]))
    return np.concatenate(windows)


def _length(source: Source) -> int:
    return len(next(iter(source.parts.values())))


def _unit(rows_PD: Floats) -> Floats:
    size_P1 = np.linalg.norm(rows_PD, axis=1, keepdims=True)
    return rows_PD / np.maximum(size_P1, np.finfo(np.float32).tiny)

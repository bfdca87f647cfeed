"""Sources side by side in one padded batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from seqloom.core.errors import DataError
from seqloom.decoding.request import Source
from seqloom.nn.memory import Part, SourceBatch

__all__ = ["Layout", "collate", "pad"]


class Layout(NamedTuple):
    """What sources must have in common to lie side by side."""

    parts: tuple[str, ...]
    copies: bool
    units: bool

    @classmethod
    def of(cls, source: Source) -> Self:
        return cls(parts=tuple(sorted(source.parts)), copies=source.copy is not None, units=source.units is not None)


def collate(sources: Sequence[Source], *, device: torch.device | None = None) -> SourceBatch:
    """Pad every part of the sources to the longest; a source without content is an error, never a row of padding."""
    parts = {name: _part(name, [source.parts[name] for source in sources], device) for name in sources[0].parts}
    copies = [source.copy for source in sources if source.copy is not None]
    units = _units(sources)
    return SourceBatch(
        parts=parts,
        copy_BS=pad(copies, device=device) if len(copies) == len(sources) else None,
        units_BU=None if units is None else pad(units, fill=-1, device=device),
    )


def pad(rows: Sequence[Any], *, fill: int = 0, device: torch.device | None = None) -> Tensor:
    """Rows of different lengths → one tensor, filled at the right."""
    tensors = [torch.as_tensor(row) for row in rows]
    return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=fill).to(device)


def _part(name: str, rows: Sequence[Any], device: torch.device | None) -> Part:
    lengths_B = torch.tensor([len(row) for row in rows], device=device)
    if not lengths_B.all():
        empty = int((lengths_B == 0).nonzero()[0])
        raise DataError(f"source {empty + 1} of {len(rows)} is empty: `{name}` must have at least one position.")
    try:
        values = pad(rows, device=device)
    except (RuntimeError, TypeError, ValueError) as error:
        raise DataError(f"`{name}` must be numbers, of one shape but for its length, but is not: {error}.") from error
    return Part(values=values, mask_BS=torch.arange(values.shape[1], device=device) < lengths_B[:, None])


def _units(sources: Sequence[Source]) -> list[Sequence[int]] | None:
    """Positions to label of every source; a source that names none labels all of its positions."""
    if all(source.units is None for source in sources):
        return None
    return [
        source.units if source.units is not None else range(len(next(iter(source.parts.values()))))
        for source in sources
    ]

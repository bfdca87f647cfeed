"""Word dropout: tokens that are read as unknown, so that no single one is relied on."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from seqloom.nn.contracts import Batch
from seqloom.nn.memory import Part

__all__ = ["drop_words"]


def drop_words(batch: Batch, rate: float, *, source_unk: int, target_unk: int) -> Batch:
    """Each token is read as unknown with this probability (Bowman et al. 2016, section 3.2), what to say stays.

    The beginning of a target is always read, and so is what can be copied: only the reader is hindered.
    """

    def without(part: Part) -> Part:
        if part.values.is_floating_point():
            return part
        return replace(part, values=_dropped(part.values, part.mask_BS, rate, source_unk))

    inputs_BT = batch.inputs_BT
    read_BT = _dropped(inputs_BT, batch.target_mask_BT[:, :-1], rate, target_unk)
    read_BT[:, 0] = inputs_BT[:, 0]
    parts = {name: without(part) for name, part in batch.source.parts.items()}
    return replace(batch, source=replace(batch.source, parts=parts), read_BT=read_BT)


def _dropped(ids: Tensor, mask: Tensor, rate: float, unk: int) -> Tensor:
    gone = (torch.rand(ids.shape, device=ids.device) < rate) & mask
    return torch.where(gone, unk, ids)

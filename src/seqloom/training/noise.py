"""Noise on what is read: word dropout, so that no single token is relied on; and damage that is to be undone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from seqloom.nn import chance
from seqloom.nn.contracts import Batch
from seqloom.nn.memory import Part

__all__ = ["Noise", "drop_words"]


def drop_words(batch: Batch, rate: float, *, source_unk: int, target_unk: int) -> Batch:
    """Each token is read as unknown with this probability (Bowman et al. 2016, section 3.2), what to say stays.

    The beginning of a target is always read, and so is what can be copied: only the reader is hindered.
    """

    def without(name: str, part: Part) -> Part:
        if part.values.is_floating_point() or "." in name:  # frames, and factors such as "text.pos", are no words
            return part
        return replace(part, values=_dropped(part.values, part.mask_BS, rate, source_unk))

    inputs_BT = batch.inputs_BT
    read_BT = _dropped(inputs_BT, batch.target_mask_BT[:, :-1], rate, target_unk)
    read_BT[:, 0] = inputs_BT[:, 0]
    parts = {name: without(name, part) for name, part in batch.source.parts.items()}
    return replace(batch, source=replace(batch.source, parts=parts), read_BT=read_BT)


def _dropped(ids: Tensor, mask: Tensor, rate: float, unk: int) -> Tensor:
    gone = (chance.uniform(ids) < rate) & mask
    return torch.where(gone, unk, ids)


@dataclass(frozen=True, kw_only=True)
class Noise:
    """What is done to a sequence that is to be made again, in this order: permute, delete, infill, mask.

    A copy is never empty. All chance comes from torch, so that a step's seed fixes it.
    """

    mask: float = 0.0
    """Share of the tokens that become unknown."""
    delete: float = 0.0
    """Share of the tokens that go."""
    permute: int = 0
    """How far a token may stand from its place."""
    infill: float = 0.0
    """Share of the tokens in stretches that become one unknown token each; of an empty stretch there is one too."""
    stretch: float = 3.0
    """Mean length of a stretch."""

    def __call__(self, ids_BS: Tensor, mask_BS: Tensor, *, unk: int) -> tuple[Tensor, Tensor]:
        """The damaged rows, and where they are real."""
        if self.permute:
            ids_BS = _permuted(ids_BS, mask_BS, self.permute)
        if self.delete:
            ids_BS, mask_BS = _thinned(ids_BS, mask_BS, self.delete)
        if self.infill:
            ids_BS, mask_BS = _infilled(ids_BS, mask_BS, self.infill, self.stretch, unk)
        if self.mask:
            ids_BS = _dropped(ids_BS, mask_BS, self.mask, unk)
        return _never_empty(ids_BS, mask_BS, unk)


def _permuted(ids_BS: Tensor, mask_BS: Tensor, distance: int) -> Tensor:
    """Sorted by place + uniform(0, distance + 1), which moves no token by more than the distance."""
    places_S = torch.arange(ids_BS.shape[1], device=ids_BS.device)
    keys_BS = places_S + (distance + 1) * chance.uniform(ids_BS)
    return ids_BS.gather(1, keys_BS.masked_fill(~mask_BS, float("inf")).argsort(dim=1, stable=True))


def _thinned(ids_BS: Tensor, mask_BS: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """Each token goes with this probability; of a row that would lose all of them one, any, stays."""
    luck_BS = chance.uniform(ids_BS).masked_fill(~mask_BS, -1.0)
    kept_BS = (luck_BS >= rate) | (luck_BS == luck_BS.amax(1, keepdim=True))
    return _packed(ids_BS, kept_BS & mask_BS)


def _infilled(ids_BS: Tensor, mask_BS: Tensor, share: float, mean: float, unk: int) -> tuple[Tensor, Tensor]:
    """Stretches that begin where none is open yet, so often that together they cover the share."""
    # Where none is open, one of length L begins with probability r and takes max(L, 1) places, of which it covers L;
    # else one place is passed. So share = r E[L] / (1 - r + r E[max(L, 1)]), with E[max(L, 1)] = mean + e^-mean.
    begins = min(1.0, share / (mean - share * (mean + math.exp(-mean) - 1)))
    luck_BS = chance.uniform(ids_BS)
    length_BS = chance.poisson(ids_BS, mean).long()
    begun_BS = torch.zeros_like(mask_BS)
    covered_BS = torch.zeros_like(mask_BS)
    end_B = torch.zeros_like(length_BS[:, 0])
    for place in range(ids_BS.shape[1]):
        begun_B = (luck_BS[:, place] < begins) & (end_B <= place)
        end_B = torch.where(begun_B, place + length_BS[:, place], end_B)
        begun_BS[:, place] = begun_B
        covered_BS[:, place] = end_B > place
    # Two slots a place: the unknown token of a stretch that begins there, and the place's own token.
    two_BS = torch.stack([torch.full_like(ids_BS, unk), ids_BS], -1).flatten(1)
    kept_BS = torch.stack([begun_BS & mask_BS, ~covered_BS & mask_BS], -1).flatten(1)
    return _packed(two_BS, kept_BS)


def _never_empty(ids_BS: Tensor, mask_BS: Tensor, unk: int) -> tuple[Tensor, Tensor]:
    """A row without a token becomes an unknown one: no encoder reads nothing."""
    if ids_BS.shape[1] == 0:
        ids_BS, mask_BS = ids_BS.new_zeros(len(ids_BS), 1), mask_BS.new_zeros(len(ids_BS), 1)
    first_BS = torch.arange(ids_BS.shape[1], device=ids_BS.device) == 0
    filled_BS = first_BS & ~mask_BS.any(1, keepdim=True)
    return torch.where(filled_BS, unk, ids_BS), mask_BS | filled_BS


def _packed(ids_BS: Tensor, kept_BS: Tensor) -> tuple[Tensor, Tensor]:
    """What is kept moves to the front of its row, and the rest is cut off."""
    lengths_B = kept_BS.sum(1)
    width = int(lengths_B.max())
    order_BS = (~kept_BS).int().argsort(dim=1, stable=True)[:, :width]
    return ids_BS.gather(1, order_BS), torch.arange(width, device=ids_BS.device) < lengths_B[:, None]

"""Pairs side by side in padded batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import torch

from seqloom.core.specials import Specials
from seqloom.decoding.collate import collate, pad
from seqloom.decoding.request import Pair
from seqloom.nn.contracts import Batch

__all__ = ["batches_of", "make_batch"]


def make_batch(pairs: Sequence[Pair], *, vocabulary: Specials, device: torch.device | None = None) -> Batch:
    """Targets get their bos and eos here; what is padding is known from their lengths, not from the ids."""
    rows = [[vocabulary.bos, *pair.target, vocabulary.eos] for pair in pairs]
    target_BT = pad(rows, fill=vocabulary.pad, device=device)
    lengths_B = torch.tensor([len(row) for row in rows], device=device)
    return Batch(
        source=collate([pair.source for pair in pairs], device=device),
        target_BT=target_BT,
        target_mask_BT=torch.arange(target_BT.shape[1], device=device) < lengths_B[:, None],
    )


def batches_of(pairs: Iterable[Pair], *, size: int, vocabulary: Specials) -> Iterator[Batch]:
    """The pairs in the order given, ``size`` a batch, until there are no more."""
    pairs = iter(pairs)
    while chosen := list(islice(pairs, size)):
        yield make_batch(chosen, vocabulary=vocabulary)

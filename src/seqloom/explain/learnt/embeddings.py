"""The tokens as a model knows them, on a plane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.data.batches import batches_of
from seqloom.decoding.request import Pair
from seqloom.nn.contracts import Batch
from seqloom.workflow.model import Model

__all__ = ["Plane", "Spot", "planes_of"]

_ROWS = 64
_MOST = 300
"""Tokens that are shown, the most frequent ones."""
_FEWEST = 3
"""Tokens that make a plane."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A token, where it lies, and how often the pairs have it."""

    token: str
    x: float
    y: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Plane:
    """The two directions in which the vectors differ most, and the share of all their variance that these have."""

    spots: tuple[Spot, ...]
    share: float


class _Tally:
    """The sum of what stands at a token's places, and their number."""

    def __init__(self) -> None:
        self.sums: dict[int, Tensor] = {}
        self.counts: dict[int, int] = {}

    def add(self, ids_P: Tensor, vectors_PD: Tensor) -> None:
        unique_U, where_P, counts_U = ids_P.unique(return_inverse=True, return_counts=True)
        sums_UD = vectors_PD.new_zeros(len(unique_U), vectors_PD.shape[1]).index_add_(0, where_P, vectors_PD)
        for token, total_D, count in zip(unique_U.tolist(), sums_UD.cpu(), counts_U.tolist(), strict=True):
            self.sums[token] = self.sums[token] + total_D if token in self.sums else total_D
            self.counts[token] = self.counts.get(token, 0) + count

    def plane(self, name: list[str], ids: list[int]) -> Plane | None:
        if len(ids) < _FEWEST:
            return None
        vectors_UD = torch.stack([self.sums[token] / self.counts[token] for token in ids]).double()
        centred_UD = vectors_UD - vectors_UD.mean(0)
        _, sizes, directions_DX = torch.linalg.svd(centred_UD, full_matrices=False)
        places_U2 = centred_UD @ directions_DX[:2].T
        if places_U2.shape[1] < 2:
            return None
        spots = (
            Spot(token=token, x=x, y=y, count=self.counts[id])
            for token, id, (x, y) in zip(name, ids, places_U2.tolist(), strict=True)
        )
        return Plane(spots=tuple(spots), share=float((sizes[:2] ** 2).sum() / (sizes**2).sum().clamp(min=1e-12)))

    def frequent(self, known: int, special: int) -> list[int]:
        """Of the vocabulary, its specials left out."""
        ids = sorted(self.counts, key=lambda token: (-self.counts[token], token))
        return [token for token in ids if special < token < known][:_MOST]


@torch.inference_mode()
def planes_of(model: Model, pairs: Sequence[Pair]) -> dict[str, Plane]:
    """By side. A token's vector is the mean of what the encoder is given for it, and of what the decoder is."""
    network, numbering = model.network, model.numbering
    read, said = _Tally(), _Tally()
    for batch in _batches(model, pairs):
        first = network.source(batch.source)
        text = batch.source.parts[numbering.part]
        width = text.values.shape[1]  # further sources lie behind the first, whose places these are
        read.add(text.values[text.mask_BS], first.states_BSD[:, :width][text.mask_BS].float())
        embedded_NTD = network(batch).output.embedded_NTD
        if embedded_NTD is not None:
            keep_BT = batch.keep_BT
            said.add(batch.inputs_BT[keep_BT], embedded_NTD[keep_BT].float())
    found = {}
    for side, tally, tokenizer in (("read", read, numbering.sources), ("said", said, numbering.targets)):
        specials = tokenizer.specials
        ids = tally.frequent(specials.size, max(specials.pad, specials.bos, specials.eos, specials.unk))
        plane = tally.plane(tokenizer.show(ids), ids)
        if plane is not None:
            found[side] = plane
    return found


def _batches(model: Model, pairs: Sequence[Pair]) -> Iterator[Batch]:
    for batch in batches_of(pairs, size=_ROWS, vocabulary=model.network.vocabulary):
        yield batch.to(model.device)

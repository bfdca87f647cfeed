"""Small random sources of the kind that a network reads, to trace it with and to try it on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from seqloom.engines.onnx_layout import first_part
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.memory import Part, SourceBatch

__all__ = ["Probe"]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Sizes, no two of them alike where they mean different things."""

    sources: int
    beams: int
    positions: int
    """Of the first part; every further one has two more than the part before."""
    units: int
    seed: int = 1

    def source(self, network: EncoderDecoder) -> SourceBatch:
        """Sources with the parts that the network asks for; with words to copy and units to label where it may."""
        dice = torch.Generator().manual_seed(self.seed)
        parts = _Parts(self, dice, channels=network.source.vocabulary.channels, size=network.source.vocabulary.size)
        with torch.no_grad():
            network.encode(SourceBatch(parts=parts))
        if not network.encoder.shape.of_source:
            return SourceBatch(parts=dict(parts.made))  # nothing of it can be copied or labelled
        first = parts.made[first_part(parts.made)]
        lengths_B1 = first.mask_BS.sum(1, keepdim=True)
        places_U = torch.arange(self.units)
        words = network.vocabulary.size + self.positions
        return SourceBatch(
            parts=dict(parts.made),
            copy_BS=torch.randint(-1, words, first.mask_BS.shape, generator=dice),
            units_BU=torch.where(places_U < lengths_B1, places_U, -1),
        )


@dataclass(frozen=True)
class _Parts(Mapping[str, Part]):
    """Parts that are made when they are asked for: which there must be, only the network knows."""

    sizes: Probe
    dice: torch.Generator
    channels: int
    size: int
    made: dict[str, Part] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Part:
        if name == "latent":  # it would stand for a source, not be a part of one
            raise KeyError(name)
        if name not in self.made:
            self.made[name] = self._part(name)
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.made)

    def __len__(self) -> int:
        return len(self.made)

    def _part(self, name: str) -> Part:
        whole = name.partition(".")[0]  # a factor lies in the positions of its text
        mask_BS = self.made[whole].mask_BS if whole in self.made else self._mask(len(self._wholes()))
        shape = mask_BS.shape
        values: Tensor
        if name == "vectors":
            values = torch.randn(*shape, self.channels, generator=self.dice)
        else:
            values = torch.randint(self.size, shape, generator=self.dice)
        return Part(values=values, mask_BS=mask_BS)

    def _mask(self, number: int) -> Tensor:
        positions = self.sizes.positions + 2 * number
        lengths_B = torch.randint(1, positions + 1, (self.sizes.sources,), generator=self.dice)
        lengths_B[0] = positions
        return torch.arange(positions) < lengths_B[:, None]

    def _wholes(self) -> set[str]:
        return {name.partition(".")[0] for name in self.made}

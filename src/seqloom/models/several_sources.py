"""Several sources, each with its own encoder, whose memories are laid end to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Any, Literal

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive, by_kind
from seqloom.core.specials import Specials
from seqloom.core.wording import show
from seqloom.models.encoders import EncoderSettings, RecurrentEncoderSettings
from seqloom.models.text_source import TextSourceSettings
from seqloom.models.vector_source import VectorSourceSettings
from seqloom.nn import initial
from seqloom.nn.layers import Layers
from seqloom.nn.memory import Encoder, Memory, MemoryShape, SourceBatch

__all__ = ["SeveralSources", "SeveralSourcesSettings", "SourcePartSettings"]

_NO_PARTS: Mapping[str, Specials] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class SourcePartSettings:
    """The part of the source."""

    source: Annotated[TextSourceSettings | VectorSourceSettings, by_kind] = field(default_factory=TextSourceSettings)
    encoder: Annotated[EncoderSettings, by_kind] = field(default_factory=RecurrentEncoderSettings)
    """Of this part alone; `model.encoder` stands on all of them."""


@dataclass(frozen=True, kw_only=True)
class SeveralSourcesSettings:
    """The several sources."""

    kind: Literal["several"] = "several"
    width: Positive = 256
    """That all parts' memories are projected to."""
    parts: Mapping[str, SourcePartSettings]
    """By name: `text`, which is the source that every row has (`vectors` where it is a series), and the names in
    `data.sources`."""

    def __post_init__(self) -> None:
        if len(self.parts) < 2 or not {"text", "vectors"} & self.parts.keys():
            raise RecipeError(
                f"parts must name at least two, of which one is `text` (or `vectors`), but names "
                f"{show([*self.parts])}. Name those of `data.sources` beside it, or take one source alone."
            )

    @property
    def factors(self) -> Mapping[str, Any]:
        """Of the text's words."""
        return getattr(self.parts["text"].source, "factors", {}) if "text" in self.parts else {}

    def build(self, vocabulary: Specials, *, parts: Mapping[str, Specials] = _NO_PARTS) -> SeveralSources:
        first = "vectors" if vocabulary.channels else "text"
        known = {first: vocabulary, **{name: each for name, each in parts.items() if "." not in name}}
        if odd := sorted(known.keys() ^ self.parts.keys()):
            raise RecipeError(
                f"`model.source.parts` must name what the data has, {show([*known])}, but names {show([*self.parts])}. "
                + (f"Add `[model.source.parts.{odd[0]}]`." if odd[0] in known else f"Add `[data.sources.{odd[0]}]`.")
            )
        made = []
        for name, its_vocabulary in known.items():
            settings: Any = self.parts[name].source
            if bool(its_vocabulary.channels) != (settings.kind == "vectors"):
                raise RecipeError(
                    f"`model.source.parts.{name}.source.kind` must be what the data is, but is {show(settings.kind)}."
                )
            # Factors are of the first part's words, and no other part asks for further vocabularies.
            factored = name == first and getattr(settings, "factors", None)
            source = settings.build(its_vocabulary, parts=parts) if factored else settings.build(its_vocabulary)
            encoder = self.parts[name].encoder.build(memory=source.shape)
            made.append(SourcePart(source, encoder, width=self.width))
        return SeveralSources([*known], made, vocabulary=vocabulary, width=self.width)


class SourcePart(nn.Module):
    """One source with its encoder: W h_s + v, where the bias v, the part's own vector, tells it from the others."""

    def __init__(self, source: nn.Module, encoder: Encoder, *, width: int) -> None:
        super().__init__()
        self.source = source
        self.encoder = encoder
        self.into = nn.Linear(encoder.shape.width, width)
        initial.xavier(self.into)
        nn.init.normal_(self.into.bias, std=width**-0.5)

    def forward(self, source: SourceBatch) -> Memory:
        memory = self.encoder(self.source(source))
        return replace(memory, states_BSD=self.into(memory.states_BSD))


class SeveralSources(nn.Module):
    """Zoph & Knight 2016, with one attention over all sources: the flat one of Libovický & Helcl 2017, section 3.2.

    The first part is what every row is read for: what can be copied or labelled is in it, and its positions stay where
    they were. Behind its last real position follow those of the second part, and so on. A decoder that begins with
    what the whole source comes to begins with the mean over all positions.
    """

    def __init__(self, names: Sequence[str], parts: Sequence[SourcePart], *, vocabulary: Specials, width: int) -> None:
        super().__init__()
        self.names = tuple(names)
        self.parts = Layers(parts)
        self.vocabulary = vocabulary
        """Of the first part."""
        of_source = parts[0].encoder.shape.of_source
        self.shape = MemoryShape(width=width, inputs_width=width, of_source=of_source, apart=True)

    def forward(self, source: SourceBatch) -> Memory:
        first, *others = self.parts
        alone = [SourceBatch(parts={_modality(name): source.parts[name]}) for name in self.names[1:]]
        memories = [first(source), *(part(each) for part, each in zip(others, alone, strict=True))]
        joined = _end_to_end(memories)
        units_BU = joined.units_BU
        if units_BU is None and self.shape.of_source:  # every position, that is: of the first part
            units_BU = torch.where(memories[0].mask_BS, _places(memories[0].mask_BS), -1)
        return replace(joined, units_BU=units_BU)


def _modality(name: str) -> str:
    """What a source that stands alone calls its part."""
    return name if name == "vectors" else "text"


def _end_to_end(memories: Sequence[Memory]) -> Memory:
    """All real positions of each row first, those of the first memory before those of the second."""
    mask_BS = torch.cat([memory.mask_BS for memory in memories], 1)
    # What is traced is for every source, so it cannot look at this one's lengths; padding changes nothing.
    longest = mask_BS.shape[1] if torch.compiler.is_exporting() else int(mask_BS.sum(1).max())
    order_BS = (~mask_BS).int().argsort(dim=1, stable=True)[:, :longest]

    def moved(rows: Sequence[Tensor]) -> Tensor:
        return torch.cat([*rows], 1).gather(1, order_BS)

    states_BSD = torch.cat([memory.states_BSD for memory in memories], 1)
    states_BSD = states_BSD.gather(1, order_BS[..., None].expand(-1, -1, states_BSD.shape[-1]))
    places = [_places(memory.mask_BS) for memory in memories]
    copy_BS = memories[0].copy_BS
    losses: dict[str, Tensor] = {}
    for memory in memories:
        for name, loss_B in memory.losses.items():
            losses[name] = losses[name] + loss_B if name in losses else loss_B
    return Memory(
        states_BSD=states_BSD,
        mask_BS=mask_BS.gather(1, order_BS),
        inputs_BSD=states_BSD,
        # Nothing is copied from the other parts.
        copy_BS=None if copy_BS is None else moved([copy_BS, *(torch.full_like(each, -1) for each in places[1:])]),
        units_BU=memories[0].units_BU,
        part_BS=moved([torch.full_like(each, number) for number, each in enumerate(places)]),
        place_BS=moved(places),
        losses=losses,
    )


def _places(mask_BS: Tensor) -> Tensor:
    return torch.arange(mask_BS.shape[1], device=mask_BS.device).expand(mask_BS.shape)

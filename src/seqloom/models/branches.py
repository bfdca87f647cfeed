"""What stands on an encoder for one task: the target's embedding, a decoder and a head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from torch import nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import by_kind
from seqloom.core.specials import Specials
from seqloom.core.wording import one_of
from seqloom.models.decoders import DecoderSettings, RecurrentDecoderSettings
from seqloom.models.heads import GeneratorSettings, HeadSettings
from seqloom.nn.contracts import Decoder, Head
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import MemoryShape
from seqloom.nn.vectors import VectorEmbeddingSettings

__all__ = ["Branch", "BranchSettings", "TargetSettings", "branch_of", "check_kind", "check_needs"]

TargetSettings = EmbeddingSettings | VectorEmbeddingSettings


@dataclass(frozen=True, kw_only=True)
class BranchSettings:
    """The task."""

    target: Annotated[TargetSettings, by_kind] = field(default_factory=EmbeddingSettings)
    """The embedding of its target's tokens, or of its frames."""
    decoder: Annotated[DecoderSettings, by_kind] = field(default_factory=RecurrentDecoderSettings)
    head: Annotated[HeadSettings, by_kind] = field(default_factory=GeneratorSettings)
    tie: Literal["none", "output"] = "none"
    """Whether target and output are one matrix."""

    def build(self, vocabulary: Specials, *, memory: MemoryShape) -> Branch:
        check_kind("target", self.target, vocabulary)
        embedding: Any = self.target.build(vocabulary)
        return branch_of(
            embedding, self.decoder, self.head, tie=self.tie != "none", vocabulary=vocabulary, memory=memory
        )


class Branch(nn.Module):
    """Luong et al. 2016, section 3.1 (one to many): a task's own decoder on the encoder that all tasks share."""

    def __init__(self, decoder: Decoder, head: Head, *, vocabulary: Specials) -> None:
        super().__init__()
        self.decoder = decoder
        self.head = head
        self.vocabulary = vocabulary


def branch_of(
    embedding: Any, decoder: Any, head: Any, *, tie: bool, vocabulary: Specials, memory: MemoryShape
) -> Branch:
    """The parts that these settings build on such a memory."""
    if getattr(head, "copies", False) and not memory.of_source:
        raise RecipeError(
            f'`model.head.kind` "{head.kind}" must stand on an encoder that keeps the positions of the source, '
            'but this one condenses it. Take another encoder, or the head "generator".'
        )
    decoding = decoder.build(memory=memory, embedding=embedding)
    return Branch(decoding, head.build(decoder=decoding.shape, embedding=embedding, tie=tie), vocabulary=vocabulary)


def check_kind(side: str, part: Any, vocabulary: Specials) -> None:
    """Words are not read where the data is frames."""
    if vocabulary.channels and part.kind in ("text", "tokens"):
        raise RecipeError(
            f'`model.{side}.kind` must be "vectors", as the data is, but is "{part.kind}". Set it, or take '
            f"a tokenizer for text."
        )


def check_needs(parts: Mapping[str, Any]) -> None:
    """A part may say which kinds others must be of: there is no word to copy from a spectrogram."""
    kinds = {name: part if isinstance(part, str) else getattr(part, "kind", "") for name, part in parts.items()}
    for name, kind in kinds.items():
        for other, needed in getattr(parts[name], "needs", {}).items():
            possible = (needed,) if isinstance(needed, str) else needed
            if kinds[other] not in possible:
                path = other if other == "tie" else f"{other}.kind"
                raise RecipeError(
                    f'{path} must be {one_of(possible)} with `{name}.kind` "{kind}", but is "{kinds[other]}".'
                )

"""The first memory of a text: its tokens, embedded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from torch import nn

from seqloom.core.settings import Positive, Rate
from seqloom.core.specials import Specials
from seqloom.models.factors import Factors, FactorSettings
from seqloom.nn.embedding import EmbeddingSettings, TokenEmbedding
from seqloom.nn.memory import Memory, MemoryShape, SourceBatch

__all__ = ["TextSource", "TextSourceSettings"]

_NO_PARTS: Mapping[str, Specials] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class TextSourceSettings:
    """The text source."""

    kind: Literal["text"] = "text"
    width: Positive = 256
    """Of the token embedding."""
    scale: bool = True
    """Multiply embeddings by √width."""
    dropout: Rate = 0.0
    factors: Mapping[str, FactorSettings] = field(default_factory=dict)
    """Features of the words, by the names that `data.factors` gives them."""

    @property
    def embedding(self) -> EmbeddingSettings:
        return EmbeddingSettings(width=self.width, scale=self.scale, dropout=self.dropout)

    def build(self, vocabulary: Specials, *, parts: Mapping[str, Specials] = _NO_PARTS) -> TextSource:
        factors = Factors(self.factors, parts, text=self.embedding) if self.factors else None
        return TextSource(self.embedding.build(vocabulary), factors)


class TextSource(nn.Module):
    """Token ids → their embeddings, which are the states and the inputs of the first memory."""

    def __init__(self, embedding: TokenEmbedding, factors: Factors | None = None) -> None:
        super().__init__()
        self.embedding = embedding
        self.vocabulary = embedding.vocabulary
        self.factors = factors
        width = embedding.width if factors is None else factors.width
        self.shape = MemoryShape(width=width, inputs_width=width)

    def forward(self, source: SourceBatch) -> Memory:
        text = source.parts["text"]
        embedded_BSD = self.embedding(text.values)
        if self.factors is not None:
            embedded_BSD = self.factors(embedded_BSD, source)
        return Memory(
            states_BSD=embedded_BSD,
            mask_BS=text.mask_BS,
            inputs_BSD=embedded_BSD,
            copy_BS=source.copy_BS,
            units_BU=source.units_BU,
        )

"""The first memory: a batch of sources, embedded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import nn

from seqloom.core.settings import Positive, Rate
from seqloom.core.specials import Specials
from seqloom.nn.embedding import EmbeddingSettings, TokenEmbedding
from seqloom.nn.memory import Memory, MemoryShape, SourceBatch

__all__ = ["SourceSettings", "TextSource", "TextSourceSettings"]


@dataclass(frozen=True, kw_only=True)
class TextSourceSettings:
    """The text source."""

    kind: Literal["text"] = "text"
    width: Positive = 256
    """Of the token embedding."""
    scale: bool = True
    """Multiply embeddings by √width."""
    dropout: Rate = 0.0

    @property
    def embedding(self) -> EmbeddingSettings:
        return EmbeddingSettings(width=self.width, scale=self.scale, dropout=self.dropout)

    def build(self, vocabulary: Specials) -> TextSource:
        return TextSource(self.embedding.build(vocabulary))


class TextSource(nn.Module):
    """Token ids → their embeddings, which are the states and the inputs of the first memory."""

    def __init__(self, embedding: TokenEmbedding) -> None:
        super().__init__()
        self.embedding = embedding
        self.shape = MemoryShape(width=embedding.width, inputs_width=embedding.width)

    def forward(self, source: SourceBatch) -> Memory:
        text = source.parts["text"]
        embedded_BSD = self.embedding(text.values)
        return Memory(
            states_BSD=embedded_BSD,
            mask_BS=text.mask_BS,
            inputs_BSD=embedded_BSD,
            copy_BS=source.copy_BS,
            units_BU=source.units_BU,
        )


SourceSettings = TextSourceSettings

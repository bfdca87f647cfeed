"""From what is read to vectors of one width; from ids, here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.core.settings import Positive, Rate
from seqloom.core.specials import Specials
from seqloom.nn.chance import Dropout

__all__ = ["Embedding", "EmbeddingSettings", "TokenEmbedding"]


class Embedding(nn.Module):
    """What a decoder reads, as vectors: tokens (NT) or frames of numbers (NTC) in, (NTD) out."""

    vocabulary: Specials
    width: int


@dataclass(frozen=True, kw_only=True)
class EmbeddingSettings:
    """The token embedding."""

    kind: Literal["tokens"] = "tokens"
    width: Positive = 256
    scale: bool = True
    """Multiply by √width (Vaswani et al. 2017, section 3.4), so that entries have unit variance."""
    dropout: Rate = 0.0

    def build(self, vocabulary: Specials) -> TokenEmbedding:
        return TokenEmbedding(vocabulary, width=self.width, scale=self.scale, dropout=self.dropout)


class TokenEmbedding(Embedding):
    """A vector a token; the padding's is zero and stays zero; ids beyond the vocabulary are read as unknown."""

    def __init__(self, vocabulary: Specials, *, width: int, scale: bool = True, dropout: float = 0.0) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.width = width
        self.factor = math.sqrt(width) if scale else 1.0
        self.table = nn.Embedding(vocabulary.size, width, padding_idx=vocabulary.pad)
        self.dropout = Dropout(dropout)
        nn.init.normal_(self.table.weight, std=width**-0.5)
        with torch.no_grad():
            self.table.weight[vocabulary.pad].zero_()

    def forward(self, ids: Tensor) -> Tensor:
        known = torch.where(ids < self.vocabulary.size, ids, self.vocabulary.unk)
        return self.dropout(self.table(known) * self.factor)

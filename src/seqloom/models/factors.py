"""Factors of the source's tokens, embedded beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive
from seqloom.core.specials import Specials
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import SourceBatch

__all__ = ["FactorSettings", "Factors"]


@dataclass(frozen=True, kw_only=True)
class FactorSettings:
    """The factor."""

    combine: Literal["sum", "concat"] = "sum"
    """sum: its embedding is added to the token's; concat: it stands behind it, and makes the sum of both widths."""
    width: Positive | None = None
    """Of its embedding behind the token's; a sum has the token's width."""

    def __post_init__(self) -> None:
        if self.combine == "sum" and self.width is not None:
            raise RecipeError(
                f'width must not be given with combine = "sum", but is {self.width}. Take combine = "concat".'
            )
        if self.combine == "concat" and self.width is None:
            raise RecipeError('width must be given with combine = "concat". Take 16, say.')


class Factors(nn.Module):
    """Sennrich & Haddow 2016, equation 5: the token's embedding and ‖ₖ Eₖ xₖ behind it; or, added to it, Σₖ Eₖ xₖ."""

    def __init__(
        self, settings: Mapping[str, FactorSettings], vocabularies: Mapping[str, Specials], *, text: EmbeddingSettings
    ) -> None:
        super().__init__()
        self.summed = [name for name, each in settings.items() if each.combine == "sum"]
        self.behind = [name for name, each in settings.items() if each.combine == "concat"]
        self.embeddings = nn.ModuleDict()
        self.width = text.width
        """Of all together."""
        for name, each in settings.items():
            if f"text.{name}" not in vocabularies:
                raise RecipeError(
                    f"`model.source.factors` must name factors that the data has, but has {name}. "
                    f"Add `[data.factors.{name}]`."
                )
            width = each.width or text.width
            embedding = EmbeddingSettings(width=width, scale=text.scale, dropout=text.dropout)
            made = self.embeddings[name] = embedding.build(vocabularies[f"text.{name}"])
            with torch.no_grad():  # where no value was rare, none has taught it what an unknown one is
                made.table.weight[made.vocabulary.unk].zero_()
            self.width += each.width or 0

    def forward(self, embedded_BSD: Tensor, source: SourceBatch) -> Tensor:
        for name in self.summed:
            embedded_BSD = embedded_BSD + self._embedded(name, source)
        return torch.cat([embedded_BSD, *(self._embedded(name, source) for name in self.behind)], dim=-1)

    def _embedded(self, name: str, source: SourceBatch) -> Tensor:
        embedded_BSD: Tensor = self.embeddings[name](source.parts[f"text.{name}"].values)
        return embedded_BSD

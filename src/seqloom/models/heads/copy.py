"""The copy head: words of the source that the vocabulary does not have can be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Rate
from seqloom.models.heads.generator import Generator, GeneratorSettings, in_chunks
from seqloom.nn import initial
from seqloom.nn.contracts import DecoderShape, Features, Head, Scored
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory

__all__ = ["CopyHead", "CopyHeadSettings"]


@dataclass(frozen=True, kw_only=True)
class CopyHeadSettings:
    """The copy head."""

    kind: Literal["copy"] = "copy"
    copies: ClassVar[bool] = True
    """Sources come with the target's ids of their tokens."""
    needs: ClassVar[Mapping[str, str | tuple[str, ...]]] = {"source": ("text", "several"), "target": "tokens"}
    bias: bool = True
    dropout: Rate = 0.0

    def build(self, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool) -> CopyHead:
        if decoder.context is None:
            raise RecipeError(
                '`model.head.kind` "copy" needs a decoder that attends to the source. Give it an attention.'
            )
        return CopyHead(self, decoder=decoder, embedding=embedding, tie=tie)


class CopyHead(Head):
    """See et al. 2017, equations 8 and 9: P(w) = p_gen P_vocab(w) + (1 - p_gen) Σ_{s: w_s = w} a_s,

    with p_gen = σ(w_c · context + w_s · hidden + w_y · embedded + b). Behind the vocabulary's columns stand as many
    more as the source has positions: the row's own words. Where nothing is attended to, nothing is copied.
    """

    attention = "one"

    def __init__(
        self, settings: CopyHeadSettings, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool
    ) -> None:
        super().__init__()
        generator = GeneratorSettings(bias=settings.bias, dropout=settings.dropout)
        self.generator = Generator(generator, decoder=decoder, embedding=embedding, tie=tie)
        self.size = embedding.vocabulary.size
        assert decoder.context is not None
        self.gate = nn.Linear(decoder.hidden + decoder.context + (decoder.embedded or 0), 1)
        initial.xavier(self.gate)

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        assert at.context_PD is not None
        read = [at.hidden_PD, at.context_PD] + ([] if at.embedded_PD is None else [at.embedded_PD])
        logp_known_PV = self.generator(at, memory, columns_V=columns_V)
        gate_P1 = self.gate(torch.cat(read, -1)).to(logp_known_PV.dtype)
        logp_copy_P1, logp_generate_P1 = functional.logsigmoid(-gate_P1), functional.logsigmoid(gate_P1)
        copied_PX = self._copied(at, memory, logp_known_PV.dtype)
        own_PS = copied_PX[:, self.size :]
        known_PV = copied_PX[:, : self.size] if columns_V is None else copied_PX[:, columns_V]
        uncopied_P1 = 1 - known_PV.sum(-1, keepdim=True) - own_PS.sum(-1, keepdim=True)
        logp_generate_P1 = _log_add(logp_generate_P1, logp_copy_P1 + _log(uncopied_P1))
        logp_known_PV = _log_add(logp_generate_P1 + logp_known_PV, logp_copy_P1 + _log(known_PV))
        return torch.cat([logp_known_PV, logp_copy_P1 + _log(own_PS)], -1)

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        return in_chunks(self, at, memory, target_P, columns=self.size + memory.mask_BS.shape[1])

    def _copied(self, at: Features, memory: Memory, dtype: torch.dtype) -> Tensor:
        """Attention summed by the word it falls on: over the vocabulary, then the row's own words."""
        assert at.attention_PS is not None, "a head that copies starts its decoder with attention"
        attention_PS = at.attention_PS.to(dtype)
        num_columns = self.size + attention_PS.shape[1]
        copied_PX = attention_PS.new_zeros(len(at), num_columns + 1)
        if memory.copy_BS is None:
            return copied_PX[:, :-1]
        # What falls where nothing can be copied is gathered in one more column, which is left out.
        copy_BS = torch.where(memory.copy_BS < 0, num_columns, memory.copy_BS)
        return copied_PX.scatter_add(1, copy_BS[at.row_P], attention_PS)[:, :-1]


def _log(p: Tensor) -> Tensor:
    """-inf where p is 0, with a gradient that is a number there too."""
    possible = p > 0
    return torch.where(possible, p, 1.0).log().masked_fill(~possible, float("-inf"))


def _log_add(first: Tensor, second: Tensor) -> Tensor:
    """log(e^first + e^second), with a gradient that is a number where both are -inf too."""
    possible = torch.maximum(first, second) > float("-inf")
    added = torch.logaddexp(first.masked_fill(~possible, 0.0), second.masked_fill(~possible, 0.0))
    return added.masked_fill(~possible, float("-inf"))

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
from seqloom.models.heads.targets import score_columns
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
        logp_known_PV = self.generator(at, memory, columns_V=columns_V)
        logp_copy_P1, logp_generate_P1 = self._gates(at, logp_known_PV.dtype)
        copied_PX = self._copied(at, memory, logp_known_PV.dtype)
        own_PS = copied_PX[:, self.size :]
        known_PV = copied_PX[:, : self.size] if columns_V is None else copied_PX[:, columns_V]
        uncopied_P1 = 1 - known_PV.sum(-1, keepdim=True) - own_PS.sum(-1, keepdim=True)
        logp_generate_P1 = _log_add(logp_generate_P1, logp_copy_P1 + _log(uncopied_P1))
        logp_known_PV = _log_add(logp_generate_P1 + logp_known_PV, logp_copy_P1 + _log(known_PV))
        return torch.cat([logp_known_PV, logp_copy_P1 + _log(own_PS)], -1)

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        return in_chunks(self._score, at, memory, target_P, columns=self.size)

    def _score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        """What copying adds is nothing but at the source's words, so that only they are looked at one by one."""
        assert at.attention_PS is not None, "a head that copies starts its decoder with attention"
        words_BS = torch.full_like(memory.mask_BS, -1, dtype=torch.long) if memory.copy_BS is None else memory.copy_BS
        words_PS, first_PS = words_BS[at.row_P], _first(words_BS)[at.row_P]
        asked_PX = torch.cat([target_P[:, None], words_PS], 1)
        known_PX = (asked_PX >= 0) & (asked_PX < self.size) & (asked_PX != self.generator.pad)
        logits_PV = self.generator.logits(at)
        logp_PX, mean_P = score_columns(logits_PV, asked_PX.where(known_PX, 0), never=self.generator.pad)
        logp_PX = logp_PX.masked_fill(~known_PX, float("-inf"))

        attention_PS = at.attention_PS.to(logp_PX.dtype) * (words_PS >= 0)
        logp_copy_P1, logp_generate_P1 = self._gates(at, logp_PX.dtype)
        uncopied_P1 = 1 - attention_PS.sum(-1, keepdim=True)
        logp_generate_P1 = _log_add(logp_generate_P1, logp_copy_P1 + _log(uncopied_P1))
        # Each word's attention stands where the source says it first.
        copied_PS = torch.zeros_like(attention_PS).scatter_add(1, first_PS, attention_PS)
        target_P1 = (attention_PS * (words_PS == target_P[:, None])).sum(-1, keepdim=True)
        generated_PX = logp_generate_P1 + logp_PX
        said_PX = _log_add(generated_PX, logp_copy_P1 + _log(torch.cat([target_P1, copied_PS], 1)))

        generated_PS, said_PS, known_PS = generated_PX[:, 1:], said_PX[:, 1:], known_PX[:, 1:]
        added_PS = torch.where(copied_PS > 0, said_PS - generated_PS.where(known_PS, 0.0), 0.0)
        num_known = self.size - 1
        num_P = num_known + ((copied_PS > 0) & ~known_PS).sum(-1)
        total_P = num_known * (mean_P + logp_generate_P1.squeeze(-1)) + added_PS.sum(-1)
        return Scored(logp_P=said_PX[:, 0], mean_logp_P=total_P / num_P)

    def _gates(self, at: Features, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """log(1 - p_gen) and log p_gen."""
        assert at.context_PD is not None
        read = [at.hidden_PD, at.context_PD] + ([] if at.embedded_PD is None else [at.embedded_PD])
        gate_P1 = self.gate(torch.cat(read, -1)).to(dtype)
        return functional.logsigmoid(-gate_P1), functional.logsigmoid(gate_P1)

    def _copied(self, at: Features, memory: Memory, dtype: torch.dtype) -> Tensor:
        """Attention summed by the word it falls on: over the vocabulary, then the row's own words."""
        assert at.attention_PS is not None, "a head that copies starts its decoder with attention"
        attention_PS = at.attention_PS.to(dtype)
        num_columns = self.size + attention_PS.shape[1]
        copied_PX = attention_PS.new_zeros(attention_PS.shape[0], num_columns + 1)
        if memory.copy_BS is None:
            return copied_PX[:, :-1]
        # What falls where nothing can be copied is gathered in one more column, which is left out.
        copy_BS = torch.where(memory.copy_BS < 0, num_columns, memory.copy_BS)
        return copied_PX.scatter_add(1, copy_BS[at.row_P], attention_PS)[:, :-1]


def _first(words_BS: Tensor) -> Tensor:
    """Where in its row each word stands first."""
    ordered_BS, order_BS = words_BS.sort(dim=1, stable=True)
    places_BS = torch.arange(words_BS.shape[1], device=words_BS.device).expand_as(words_BS)
    starts_BS = torch.ones_like(ordered_BS, dtype=torch.bool)
    starts_BS[:, 1:] = ordered_BS[:, 1:] != ordered_BS[:, :-1]
    start_BS = places_BS.where(starts_BS, 0).cummax(1).values
    return torch.empty_like(words_BS).scatter_(1, order_BS, order_BS.gather(1, start_BS))


def _log(p: Tensor) -> Tensor:
    """-inf where p is 0, with a gradient that is a number there too."""
    possible = p > 0
    return torch.where(possible, p, 1.0).log().masked_fill(~possible, float("-inf"))


def _log_add(first: Tensor, second: Tensor) -> Tensor:
    """log(e^first + e^second), with a gradient that is a number where both are -inf too."""
    possible = torch.maximum(first, second) > float("-inf")
    added = torch.logaddexp(first.masked_fill(~possible, 0.0), second.masked_fill(~possible, 0.0))
    return added.masked_fill(~possible, float("-inf"))

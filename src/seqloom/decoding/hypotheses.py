"""The beginnings of answers that a search holds, as tensors: a row a hypothesis, K a source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.decoding.choice import Choice
from seqloom.nn.state import BeamRows

__all__ = ["Hypotheses"]


@dataclass(frozen=True, kw_only=True)
class Hypotheses(BeamRows):
    """A ``State`` like a decoder's, so that it follows the beams by the same three methods."""

    last_N: Tensor
    """The token that the model reads next."""
    total_N: Tensor
    """The log-probability of all tokens so far; -inf: a dead beam, where there is no hypothesis."""
    length_N: Tensor
    """How many tokens there are, at the left of …"""
    tokens_NT: Tensor
    logps_NT: Tensor
    width_B: Tensor
    """How many beams this source wants; the others stay dead."""
    attention_NTS: Tensor | None = None
    marks_NM: Tensor | None = None
    """What the way to search keeps of each, as its last choice said."""

    @classmethod
    def begin(
        cls, widths: Sequence[int], *, beams: int, bos: int, attention: bool, device: torch.device | None
    ) -> Self:
        """Nothing said yet, the first beam of each source alive."""
        num_rows = len(widths) * beams
        total_N = torch.full([num_rows], -math.inf, device=device)
        total_N[::beams] = 0
        return cls(
            beams=beams,
            last_N=torch.full([num_rows], bos, device=device),
            total_N=total_N,
            length_N=torch.zeros(num_rows, dtype=torch.long, device=device),
            tokens_NT=torch.zeros(num_rows, 0, dtype=torch.long, device=device),
            logps_NT=torch.zeros(num_rows, 0, device=device),
            width_B=torch.tensor(widths, device=device),
            attention_NTS=torch.zeros(num_rows, 0, 0, device=device) if attention else None,
        )

    def independent(self) -> Self:
        """All the wanted beams alive at once: each is a draw of its own."""
        rank_K = torch.arange(self.beams, device=self.total_N.device)
        return replace(self, total_N=torch.where(rank_K < self.width_B[:, None], 0.0, -math.inf).flatten())

    def extended(self, choice: Choice, *, eos: int, longest: int, attention_NS: Tensor | None) -> Self:
        """One token more for each. ``longest``: the tokens of the longest of them, so that no length is read here.

        A hypothesis that took the end is written down like the others, and is dead from here on.
        """
        grown = (self if choice.parent_N is None else self.reorder(choice.parent_N))._with_room(longest, attention_NS)
        place_N1 = grown.length_N[:, None]
        if grown.attention_NTS is not None and attention_NS is not None:
            attention_NS = attention_NS if choice.parent_N is None else attention_NS[choice.parent_N]
            row_N = torch.arange(len(attention_NS), device=attention_NS.device)
            grown.attention_NTS[row_N, grown.length_N, : attention_NS.shape[1]] = attention_NS.float()
        return replace(
            grown,
            last_N=choice.token_N,
            total_N=choice.total_N.masked_fill(choice.token_N == eos, -math.inf),
            length_N=grown.length_N + 1,
            marks_NM=choice.marks_NM,
            tokens_NT=grown.tokens_NT.scatter_(1, place_N1, choice.token_N[:, None]),
            logps_NT=grown.logps_NT.to(choice.logp_N.dtype).scatter_(1, place_N1, choice.logp_N[:, None]),
        )

    def _with_room(self, longest: int, attention_NS: Tensor | None) -> Self:
        """At least ``longest`` columns of tokens, and as many of sources as the attention has."""
        have = self.tokens_NT.shape[1]
        more = max(have, 16) if longest > have else 0
        attention_NTS = self.attention_NTS
        if attention_NTS is not None and attention_NS is not None:
            wider = max(attention_NS.shape[1] - attention_NTS.shape[2], 0)
            attention_NTS = functional.pad(attention_NTS, (0, wider, 0, more)) if wider or more else attention_NTS
        if not more:
            return replace(self, attention_NTS=attention_NTS)
        return replace(
            self,
            tokens_NT=functional.pad(self.tokens_NT, (0, more)),
            logps_NT=functional.pad(self.logps_NT, (0, more)),
            attention_NTS=attention_NTS,
        )

"""Which hypotheses go on, and with which token."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

__all__ = ["Choice", "Chosen"]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A choice as the host sees it. Beams are counted within their source."""

    parents_BK: Tensor
    tokens_BK: Tensor
    totals_BK: Tensor
    marks_MBK: Tensor | None = None

    def of(self, place: int, totals_BK: Tensor) -> list[tuple[int, int, float]]:
        """Parent, token and one of these totals, of each beam of a source."""
        rows = (self.parents_BK[place], self.tokens_BK[place], totals_BK[place])
        return list(zip(*(row.tolist() for row in rows), strict=True))


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The next K hypotheses of every source, best first where they compete."""

    beams: int
    parent_N: Tensor | None
    """The row that each goes on from; None: its own."""
    token_N: Tensor
    logp_N: Tensor
    """The token's own log-probability."""
    total_N: Tensor
    """The hypothesis' log-probability; -inf: none. NaN: the model gave one, and NaN wins every comparison in torch."""
    marks_NM: Tensor | None = None
    """What the way to search keeps of each hypothesis, where that is more than its log-probability: first what it is
    ranked by instead, which only falls; then, if at all, what will be its ``Answer.drawn_logp``.
    """

    @cached_property
    def chosen(self) -> Chosen:
        """All the host needs to know of a step, in one transfer: as bits, because floats have to stay exact."""
        bits = torch.int64 if self.total_N.dtype == torch.float64 else torch.int32
        rows = [self.token_N.to(bits), self.total_N.view(bits)]
        rows += [] if self.parent_N is None else [(self.parent_N % self.beams).to(bits)]
        num_plain = len(rows)
        rows += [] if self.marks_NM is None else list(self.marks_NM.to(self.total_N.dtype).T.contiguous().view(bits))
        on_host = torch.stack(rows).cpu().view(len(rows), -1, self.beams)
        return Chosen(
            tokens_BK=on_host[0],
            totals_BK=on_host[1].view(self.total_N.dtype),
            parents_BK=on_host[2] if num_plain == 3 else torch.arange(self.beams).expand_as(on_host[0]),
            marks_MBK=None if self.marks_NM is None else on_host[num_plain:].view(self.total_N.dtype),
        )

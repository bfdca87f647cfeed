"""The neighbours head: what a model said in places like this one, which it remembers word for word."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seqloom.models.heads.generator import by_all, in_chunks
from seqloom.nn.contracts import Features, Head, Scored
from seqloom.nn.memory import Memory
from seqloom.retrieval.vectors import Neighbours

__all__ = ["Nearest", "NeighboursHead"]


class Nearest(Protocol):
    """Keys that were hidden states once, each with the token that came next."""

    def nearest(self, queries: npt.NDArray[np.floating], *, k: int) -> Neighbours: ...


class NeighboursHead(Head):
    """Khandelwal et al. 2021, equations 2 and 3: p(y) = λ p_kNN(y) + (1 - λ) p_head(y),

    p_kNN(y) ∝ Σ_{(key, value) among the k nearest, value = y} exp(-‖hidden - key‖² / τ). A head around a head: it is
    put there when a model answers, and nothing in it is learnt.
    """

    def __init__(self, head: Head, store: Nearest, *, k: int, weight: float, temperature: float) -> None:
        super().__init__()
        self.head = head
        self.attention = head.attention
        self.store = store
        self.k = k
        self.weight = weight
        self.temperature = temperature

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        logp_PV = self.head(at, memory, columns_V=columns_V)
        remembered_PV = self._remembered(at.hidden_PD, logp_PV, columns_V)
        # Where no neighbour's token has a column, the head alone speaks.
        weight_P1 = self.weight * remembered_PV.sum(-1, keepdim=True)
        return torch.logaddexp(logp_PV + torch.log1p(-weight_P1), math.log(self.weight) + remembered_PV.log())

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        columns = self.head(at.at(slice(0, 1)), memory).shape[1]
        return in_chunks(by_all(self), at, memory, target_P, columns=columns)

    def _remembered(self, hidden_PD: Tensor, like_PV: Tensor, columns_V: Tensor | None) -> Tensor:
        """p_kNN over the columns; what has none is left out."""
        found = self.store.nearest(hidden_PD.detach().float().cpu().numpy(), k=self.k)
        distances_PK = torch.from_numpy(np.asarray(found.distances_QK)).to(like_PV)
        values_PK = torch.from_numpy(np.asarray(found.values_QK, dtype=np.int64)).to(like_PV.device)
        near_PK = (-distances_PK / self.temperature).masked_fill(values_PK < 0, -math.inf).softmax(-1)
        size = like_PV.shape[1] if columns_V is None else max(int(columns_V.max()) + 1, like_PV.shape[1])
        inside_PK = (values_PK >= 0) & (values_PK < size)
        p_PX = like_PV.new_zeros(len(like_PV), size)
        p_PX.scatter_add_(1, values_PK.where(inside_PK, 0), near_PK.where(inside_PK, 0.0))
        return p_PX if columns_V is None else p_PX[:, columns_V]

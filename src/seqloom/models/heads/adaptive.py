"""The adaptive head: rare tokens stand in clusters, which cost little until one of them is looked into."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive, Rate, Scale
from seqloom.core.specials import Specials
from seqloom.models.heads.generator import chunked, in_chunks, over_columns
from seqloom.models.heads.targets import score_columns, score_targets
from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import DecoderShape, Features, Head, Scored
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.layers import Layers
from seqloom.nn.memory import Memory

__all__ = ["AdaptiveHead", "AdaptiveHeadSettings"]


@dataclass(frozen=True, kw_only=True)
class AdaptiveHeadSettings:
    """The adaptive head."""

    kind: Literal["adaptive"] = "adaptive"
    needs: ClassVar[Mapping[str, str]] = {"target": "tokens", "tie": "none"}
    cutoffs: tuple[Scale, ...] = (0.1, 0.4)
    """Where each cluster of rarer tokens begins: a share of the vocabulary if below 1, else an id. A vocabulary is in
    the order of frequency."""
    shrink: Positive = 4
    """Each cluster is read from a vector so many times narrower than the one before it."""
    bias: bool = True
    dropout: Rate = 0.0
    """On what it reads."""

    def __post_init__(self) -> None:
        if not self.cutoffs:
            raise RecipeError('cutoffs must name at least one, but is empty. Without clusters take kind = "generator".')

    def build(self, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool) -> AdaptiveHead:
        assert not tie, "what it needs of the model says so"
        return AdaptiveHead(self, decoder=decoder, vocabulary=embedding.vocabulary)

    def bounds(self, vocabulary: Specials) -> tuple[int, ...]:
        """Where the clusters begin, as ids, and where the last one ends."""
        ids = [round(cut if cut >= 1 else cut * vocabulary.size) for cut in self.cutoffs]
        bounds = (*ids, vocabulary.size)
        if ids[0] <= vocabulary.pad or any(first >= second for first, second in itertools.pairwise(bounds)):
            raise RecipeError(
                f"`model.head.cutoffs` must rise from above {vocabulary.pad} to below the vocabulary's "
                f"{vocabulary.size} tokens, but are {', '.join(map(str, ids))} as ids. Choose others."
            )
        return bounds


class AdaptiveHead(Head):
    """Grave et al. 2017, section 4: p(y) = p(y | s) for frequent y, else p(cluster of y | s) p(y | cluster, s).

    One softmax is over the frequent tokens and the clusters; each cluster has its own, read from a narrower vector. No
    embedding has clusters that get narrower, so none is tied to it.
    """

    def __init__(self, settings: AdaptiveHeadSettings, *, decoder: DecoderShape, vocabulary: Specials) -> None:
        super().__init__()
        self.bounds = settings.bounds(vocabulary)
        self.size, self.pad = vocabulary.size, vocabulary.pad
        self.dropout = Dropout(settings.dropout)
        clusters = list(itertools.pairwise(self.bounds))
        self.frequent = nn.Linear(decoder.hidden, self.bounds[0] + len(clusters), bias=settings.bias)
        self.rare = Layers(
            _Cluster(
                decoder.hidden,
                inner=max(1, decoder.hidden // settings.shrink**number),
                tokens=last - first,
                bias=settings.bias,
            )
            for number, (first, last) in enumerate(clusters, start=1)
        )
        initial.xavier(self.frequent)

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        read_PD = self.dropout(at.hidden_PD)
        logp_PF = self._frequent(read_PD)
        logp_frequent_PV, logp_clusters_PX = logp_PF.split([self.bounds[0], len(self.rare)], -1)
        logp_rare = [
            logp_P[:, None] + cluster(read_PD)
            for logp_P, cluster in zip(logp_clusters_PX.unbind(-1), self.rare, strict=True)
        ]
        logp_PV = torch.cat([logp_frequent_PV, *logp_rare], -1)
        return logp_PV if columns_V is None else over_columns(logp_PV, columns_V)

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        return in_chunks(self._score, at, memory, target_P, columns=self.size)

    def _score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        """The mean over a cluster's tokens is log p(cluster), and the mean of what it says of them."""
        read_PD = self.dropout(at.hidden_PD)
        cluster_P, column_P = self._places(target_P)
        first, clusters = self.bounds[0], torch.arange(len(self.rare), device=target_P.device)
        columns_PX = torch.cat([column_P[:, None], (first + clusters).expand(len(at), -1)], 1)
        logits_PF: Tensor = self.frequent(read_PD)
        logp_PX, mean_P = score_columns(logits_PF, columns_PX, never=self.pad)
        logp_P, *logp_clusters = logp_PX.unbind(1)
        total_P = mean_P * (logits_PF.shape[1] - 1)
        for number, (cluster, logp_cluster_P) in enumerate(zip(self.rare, logp_clusters, strict=True), start=1):
            start, end = self.bounds[number - 1 : number + 1]
            here_P = cluster_P == number
            within = score_targets(cluster.logits(read_PD), torch.where(here_P, target_P - start, 0))
            logp_P = logp_P + torch.where(here_P, within.logp_P, 0.0)
            # Among the frequent it was counted as one token.
            total_P = total_P + (end - start - 1) * logp_cluster_P + (end - start) * within.mean_logp_P
        return Scored(logp_P=logp_P, mean_logp_P=total_P / (self.size - 1))

    def logp_of(self, at: Features, memory: Memory, target_P: Tensor) -> Tensor:
        """Each cluster is looked into at the positions alone whose target stands in it."""
        widest = max(self.frequent.out_features, *(cluster.out.out_features for cluster in self.rare))
        return torch.cat(chunked(self._logp_of, at, memory, target_P, columns=widest))

    def _logp_of(self, at: Features, memory: Memory, target_P: Tensor) -> Tensor:
        read_PD = self.dropout(at.hidden_PD)
        cluster_P, column_P = self._places(target_P)
        logp_P = self._frequent(read_PD).gather(-1, column_P[:, None]).squeeze(-1)
        for number, cluster in enumerate(self.rare, start=1):
            [within] = (cluster_P == number).nonzero(as_tuple=True)
            place = target_P[within] - self.bounds[number - 1]
            logp_within = cluster(read_PD[within]).gather(-1, place[:, None]).squeeze(-1)
            logp_P = logp_P.index_add(0, within, logp_within.to(logp_P.dtype))
        return logp_P

    def _places(self, target_P: Tensor) -> tuple[Tensor, Tensor]:
        """Each target's cluster, 0 for the frequent; and its column, or its cluster's, among the frequent."""
        cluster_P = torch.bucketize(target_P, torch.tensor(self.bounds[:-1], device=target_P.device), right=True)
        return cluster_P, torch.where(cluster_P == 0, target_P, self.bounds[0] + cluster_P - 1)

    def _frequent(self, read_PD: Tensor) -> Tensor:
        """Over the frequent tokens and, behind them, the clusters."""
        logits_PF: Tensor = self.frequent(read_PD)
        logits_PF = logits_PF.to(torch.promote_types(logits_PF.dtype, torch.float32))
        return logits_PF.index_fill(-1, torch.tensor(self.pad, device=logits_PF.device), float("-inf")).log_softmax(-1)


class _Cluster(nn.Module):
    """log p(y | cluster, s) = log softmax(B A s + b)."""

    def __init__(self, width: int, *, inner: int, tokens: int, bias: bool) -> None:
        super().__init__()
        self.into = nn.Linear(width, inner, bias=False)
        self.out = nn.Linear(inner, tokens, bias=bias)
        initial.xavier(self)

    def logits(self, read_PD: Tensor) -> Tensor:
        logits_PV: Tensor = self.out(self.into(read_PD))
        return logits_PV

    def forward(self, read_PD: Tensor) -> Tensor:
        logits_PV = self.logits(read_PD)
        return logits_PV.to(torch.promote_types(logits_PV.dtype, torch.float32)).log_softmax(-1)

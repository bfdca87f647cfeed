"""The mixture head: several softmaxes over one vocabulary, for what one of them cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from seqloom.core.settings import Positive, Rate
from seqloom.models.heads.generator import Generator, GeneratorSettings, in_chunks, over_columns
from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import DecoderShape, Features, Head, Scored
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory

__all__ = ["MixtureHead", "MixtureHeadSettings"]


@dataclass(frozen=True, kw_only=True)
class MixtureHeadSettings:
    """The mixture head."""

    kind: Literal["mixture"] = "mixture"
    needs: ClassVar[Mapping[str, str]] = {"target": "tokens"}
    components: Positive = 4
    """How many softmaxes; a step costs as many times the generator's."""
    bias: bool = True
    dropout: Rate = 0.0
    """On what it reads."""

    def build(self, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool) -> MixtureHead:
        return MixtureHead(self, decoder=decoder, embedding=embedding, tie=tie)


class MixtureHead(Head):
    """Yang et al. 2018, section 3.4: p(y) = Σ_k π_k softmax(W_y h_k + b_y), π = softmax(V s), h_k = tanh(U_k s).

    The log-probabilities of one softmax, over all contexts, are a matrix of a rank that the hidden width bounds; those
    of a mixture can have any. All softmaxes share W_y, which may be the target embedding.
    """

    def __init__(
        self, settings: MixtureHeadSettings, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool
    ) -> None:
        super().__init__()
        width = embedding.width if tie else decoder.hidden
        self.components = settings.components
        self.dropout = Dropout(settings.dropout)
        self.prior = nn.Linear(decoder.hidden, settings.components, bias=False)
        self.hidden = nn.Linear(decoder.hidden, settings.components * width)
        self.generator = Generator(
            GeneratorSettings(bias=settings.bias), decoder=DecoderShape(hidden=width), embedding=embedding, tie=tie
        )
        initial.xavier(self.prior)
        initial.xavier(self.hidden)

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        logits_PKV, logp_PK = self._parts(at)
        # Padding has none in any part; the gradient of log(0 + 0) is not a number, so its column is put in at the end.
        pad = torch.tensor(self.generator.pad, device=logits_PKV.device)
        logp_PKV = logits_PKV.index_fill(-1, pad, float("-inf")).log_softmax(-1).index_fill(-1, pad, 0.0)
        logp_PV = torch.logsumexp(logp_PKV + logp_PK[..., None], 1).index_fill(-1, pad, float("-inf"))
        return logp_PV if columns_V is None else over_columns(logp_PV, columns_V)

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        return in_chunks(self._score, at, memory, target_P, columns=self.components * len(self.generator.weight))

    def _score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        asked = (*self._parts(at), target_P, self.generator.pad)
        logp_P, mean_logp_P = _Targets.apply(*asked)  # type: ignore[no-untyped-call]
        return Scored(logp_P=logp_P, mean_logp_P=mean_logp_P)

    def _parts(self, at: Features) -> tuple[Tensor, Tensor]:
        """Each softmax's logits, and log π."""
        read_PD = self.dropout(at.hidden_PD)
        hidden_PKD = torch.tanh(self.hidden(read_PD)).unflatten(-1, (self.components, -1))
        logits_PKV = functional.linear(hidden_PKD, self.generator.weight, self.generator.bias)
        prior_PK: Tensor = self.prior(read_PD)
        wide = torch.promote_types(logits_PKV.dtype, torch.float32)
        return logits_PKV.to(wide), prior_PK.to(wide).log_softmax(-1)


class _Targets(torch.autograd.Function):
    """log Σ_k π_k p_k at the targets y, and its mean over the n tokens that are possible; the logits are used up.

    With g and m the gradients of the two, p = Σ_k π_k p_k, q_k = π_k p_k(y) / p(y) and r_v = m / (n p(v)):

        ∂/∂ log π_k = g q_k + π_k Σ_v r_v p_k(v)
        ∂/∂ l_kv    = g q_k ([v = y] - p_k(v)) + π_k p_k(v) (r_v - Σ_u r_u p_k(u)).

    The targets' own are made of logarithms, however small; in the mean no p is smaller than the least normal number.
    """

    @staticmethod
    def forward(ctx: Any, logits_PKV: Tensor, logp_PK: Tensor, target_P: Tensor, never: int) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        logits_PKV[..., never] = float("-inf")
        found_PK = logits_PKV.gather(2, _columns(target_P, logp_PK)).squeeze(2)
        highest_PK1 = logits_PKV.amax(2, keepdim=True)
        shares_PKV = logits_PKV.sub_(highest_PK1).exp_()  # p_k is these divided by their total
        total_PK = shares_PKV.sum(2)
        said_PK = found_PK - highest_PK1.squeeze(2) - total_PK.log() + logp_PK
        weights_PK = logp_PK.exp() / total_PK
        p_PV = (weights_PK[:, None] @ shares_PKV).squeeze(1).clamp_(min=torch.finfo(shares_PKV.dtype).tiny)
        p_PV[:, never] = 1.0  # so that it adds 0
        ctx.save_for_backward(shares_PKV, total_PK, weights_PK, said_PK.softmax(1), p_PV, target_P)
        return said_PK.logsumexp(1), p_PV.log().sum(1) / (p_PV.shape[1] - 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_P: Tensor | None, m_P: Tensor | None) -> tuple[Tensor, Tensor, None, None]:
        shares_PKV, total_PK, weights_PK, q_PK, p_PV, target_P = ctx.saved_tensors
        of_target_PK = torch.zeros_like(q_PK) if g_P is None else q_PK * g_P[:, None]
        of_prior_PK, grad_PKV = of_target_PK, torch.zeros_like(shares_PKV[..., :1])
        if m_P is not None:
            r_PV = p_PV.reciprocal() * (m_P / (p_PV.shape[1] - 1))[:, None]
            of_prior_PK = of_target_PK + weights_PK * (shares_PKV @ r_PV[..., None]).squeeze(2)
            grad_PKV = weights_PK[..., None] @ r_PV[:, None]
        grad_PKV = (grad_PKV - (of_prior_PK / total_PK)[..., None]) * shares_PKV
        grad_PKV.scatter_add_(2, _columns(target_P, q_PK), of_target_PK[..., None])
        return grad_PKV, of_prior_PK, None, None


def _columns(target_P: Tensor, like_PK: Tensor) -> Tensor:
    """A target is the same in all softmaxes."""
    return target_P[:, None, None].expand(*like_PK.shape, 1)
